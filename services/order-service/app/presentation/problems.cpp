#include "services/order-service/app/presentation/problems.hpp"

#include "platform/base/ensure.hpp"

namespace shop::order {

platform::http::Problem problem_of(Refusal refusal) {
    switch (refusal) {
        case Refusal::order_not_found: return {404, "order-not-found", "No such order"};
        case Refusal::not_cancellable:
            return {409, "order-not-cancellable", "The order can no longer be cancelled"};
        case Refusal::product_unknown:
            return {422, "product-unknown", "A line names a product that is not on sale"};
        case Refusal::currencies_mixed:
            return {422, "currencies-mixed", "The products of one order must be priced in one currency"};
        case Refusal::catalogue_unavailable:
            return {503, "catalogue-unavailable", "A price cannot be read now; try again"};
        case Refusal::idempotency_key_reused:
            return {422, "idempotency-key-reused", "The idempotency key was used for another request"};
        case Refusal::too_many_pending:
            return {503, "too-many-pending",
                    "More orders are waiting than can be handled in time; try again"};
    }
    platform::broken("every refusal has a problem", std::source_location::current());
}

}  // namespace shop::order
