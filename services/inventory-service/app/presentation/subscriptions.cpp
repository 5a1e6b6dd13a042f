#include "services/inventory-service/app/presentation/subscriptions.hpp"

#include "services/inventory-service/app/application/handle_orders.hpp"

namespace shop::inventory {

platform::messaging::Subscription<StockMessage> orders(Ports ports) {
    platform::messaging::Subscription<StockMessage> queue{
        "inventory.orders",
        [ports](std::vector<InventoryMessage> batch) { return handle_orders(ports, std::move(batch)); }};
    queue.on<OrderCreated>().on<OrderConfirmed>().on<ReleaseStock>();
    return queue;
}

std::vector<platform::messaging::Binding> subscribers() {
    return {{"payment.orders", {std::string{StockReserved::type}}},
            {"order.saga",
             {std::string{StockReserved::type}, std::string{StockReservationFailed::type},
              std::string{StockReleased::type}}}};
}

}  // namespace shop::inventory
