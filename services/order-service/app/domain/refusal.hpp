#pragma once

namespace shop::order {

/// What a caller can be told instead of getting what they asked for. Each has its problem document in
/// presentation/problems.hpp.
enum class Refusal {
    order_not_found,
    not_cancellable,
    product_unknown,
    currencies_mixed,
    catalogue_unavailable,
    idempotency_key_reused,
    too_many_pending,
};

}  // namespace shop::order
