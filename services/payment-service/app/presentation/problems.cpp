#include "services/payment-service/app/presentation/problems.hpp"

#include "platform/base/ensure.hpp"

namespace shop::payment {

platform::http::Problem problem_of(Refusal refusal) {
    switch (refusal) {
        case Refusal::payment_not_found:
            return {404, "payment-not-found", "There is no payment for this order"};
    }
    platform::broken("every refusal has a problem", std::source_location::current());
}

}  // namespace shop::payment
