#include "services/order-service/app/application/order_saga.hpp"

namespace shop::order {

SagaTable order_saga(SagaTiming timing) {
    const auto stock = timing.reserve_stock_within;
    const auto pay = timing.take_payment_within;
    // clang-format off
    std::vector<Step> steps{
        //   done on          refused on              undo           undone on         name            within
        step<StockReserved,   StockReservationFailed, ReleaseStock,  StockReleased>  ("reserve stock", stock),
        step<PaymentProcessed, PaymentFailed,         RefundPayment, PaymentRefunded>("take payment",  pay),
    };
    // clang-format on
    return {std::move(steps), timing.undo_again_after, timing.undo_again_after_max};
}

}  // namespace shop::order
