#include "services/payment-service/app/presentation/subscriptions.hpp"

#include "services/payment-service/app/application/handle_requests.hpp"

namespace shop::payment {

platform::messaging::Subscription<PaymentMessage> requests(Ports ports) {
    platform::messaging::Subscription<PaymentMessage> queue{
        "payment.orders",
        [ports](std::vector<PaymentRequest> batch) { return handle_requests(ports, std::move(batch)); }};
    queue.on<StockReserved>().on<RefundPayment>();
    return queue;
}

std::vector<platform::messaging::Binding> subscribers() {
    return {{"order.saga",
             {std::string{PaymentProcessed::type}, std::string{PaymentFailed::type},
              std::string{PaymentRefunded::type}}}};
}

}  // namespace shop::payment
