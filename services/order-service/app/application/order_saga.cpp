#include "services/order-service/app/application/order_saga.hpp"

namespace shop::order {

SagaTable order_saga(SagaTiming timing) {
    return {
        .steps =
            {
                //   done on           refused on              undo           undone on
                step<StockReserved, StockReservationFailed, ReleaseStock, StockReleased>(
                    "reserve stock", timing.reserve_stock_within),
                step<PaymentProcessed, PaymentFailed, RefundPayment, PaymentRefunded>(
                    "take payment", timing.take_payment_within),
            },
        .undo_again_after = timing.undo_again_after,
        .undo_again_after_max = timing.undo_again_after_max,
    };
}

}  // namespace shop::order
