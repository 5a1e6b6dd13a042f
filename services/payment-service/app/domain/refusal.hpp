#pragma once

namespace shop::payment {

/// What a caller can be told instead of getting what they asked for; see presentation/problems.hpp.
enum class Refusal { payment_not_found };

}  // namespace shop::payment
