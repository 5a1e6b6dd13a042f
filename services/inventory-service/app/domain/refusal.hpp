#pragma once

namespace shop::inventory {

/// What a caller can be told instead of getting what they asked for; see presentation/problems.hpp.
enum class Refusal {
    stock_not_found,
    below_reserved,
    idempotency_key_reused,
};

}  // namespace shop::inventory
