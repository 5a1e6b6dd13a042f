#pragma once

#include "services/order-service/app/domain/saga.hpp"

namespace shop::order {

/// How long a step may take before the order is cancelled, and how often an unanswered undo is repeated.
struct SagaTiming {
    std::chrono::milliseconds reserve_stock_within{10'000};
    std::chrono::milliseconds take_payment_within{20'000};
    std::chrono::milliseconds undo_again_after{5'000};
    std::chrono::milliseconds undo_again_after_max{60'000};
};

/// The order saga. All steps done: OrderConfirmed, the point of no return; inventory deducts on it and cannot
/// refuse.
SagaTable order_saga(SagaTiming timing = {});

}  // namespace shop::order
