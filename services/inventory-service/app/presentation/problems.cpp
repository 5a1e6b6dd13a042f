#include "services/inventory-service/app/presentation/problems.hpp"

#include "platform/base/ensure.hpp"

namespace shop::inventory {

platform::http::Problem problem_of(Refusal refusal) {
    switch (refusal) {
        case Refusal::stock_not_found:
            return {404, "stock-not-found", "The inventory does not know this SKU"};
        case Refusal::idempotency_key_reused:
            return {422, "idempotency-key-reused", "This Idempotency-Key was used for another request"};
        case Refusal::below_reserved:
            return {409, "stock-below-reserved", "Fewer units would be on hand than are promised to orders"};
    }
    platform::broken("every refusal has a problem", std::source_location::current());
}

}  // namespace shop::inventory
