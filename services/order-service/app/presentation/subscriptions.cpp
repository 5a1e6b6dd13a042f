#include "services/order-service/app/presentation/subscriptions.hpp"

#include "services/order-service/app/application/handle_replies.hpp"

namespace shop::order {

platform::messaging::Subscription<SagaReply> saga_replies(Ports ports) {
    platform::messaging::Subscription<SagaReply> queue{"order.saga", [ports](std::vector<SagaMessage> batch) {
                                                           return handle_replies(ports, std::move(batch));
                                                       }};
    queue.on<StockReserved>().on<StockReservationFailed>().on<StockReleased>();
    queue.on<PaymentProcessed>().on<PaymentFailed>().on<PaymentRefunded>();
    return queue;
}

platform::messaging::Subscription<ProductChanged> catalogue_changes(CatalogueCopy& copy) {
    platform::messaging::Subscription<ProductChanged> queue{
        "order.catalogue",
        [&copy](std::vector<CatalogueMessage> batch) { return copy.apply(std::move(batch)); }};
    queue.on<ProductChanged>();
    return queue;
}

std::vector<platform::messaging::Binding> subscribers() {
    return {{"inventory.orders",
             {std::string{OrderCreated::type}, std::string{OrderConfirmed::type},
              std::string{ReleaseStock::type}}},
            {"payment.orders", {std::string{RefundPayment::type}}}};
}

}  // namespace shop::order
