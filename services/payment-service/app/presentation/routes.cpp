#include "services/payment-service/app/presentation/routes.hpp"

#include "services/payment-service/app/presentation/problems.hpp"
#include "services/payment-service/app/presentation/views.hpp"

namespace shop::payment {

namespace http = platform::http;
using platform::awaitable;

namespace {

template <class T>
using Result = std::expected<T, http::Refused<Refusal>>;

awaitable<Result<PaymentView>> get_payment(RoutePorts ports, http::Path<OrderId> order) {
    auto view = co_await ports.reads->payment(order.value);
    if (!view) co_return std::unexpected(Refusal::payment_not_found);
    co_return std::move(*view);
}

awaitable<Result<http::Page<PaymentView>>> get_payments(RoutePorts ports, http::Query<ListPayments> in) {
    const std::int64_t limit = in.value.limit ? in.value.limit->value : 50;
    // One more than asked for tells whether there is a next page.
    http::Page<PaymentView> page{co_await ports.reads->payments(in.value.status, in.value.after, limit + 1)};
    if (page.items.size() > static_cast<std::size_t>(limit)) {
        page.items.pop_back();
        page.next = page.items.back().order_id.text();
    }
    co_return page;
}

}  // namespace

http::Info api_info() { return {.title = "payment-service", .version = "1.0.0"}; }

void add_routes(http::Api<RoutePorts>& api) {
    api.get("/payments", 200, &get_payments,
            {.access = http::Access::admin,
             .summary = "Payments, newest order first; status=manual lists those that a person has to settle",
             .tag = "payments"});
    api.get("/payments/{order_id}", 200, &get_payment,
            {.access = http::Access::admin,
             .summary = "The payment of an order",
             .problems = {Refusal::payment_not_found},
             .tag = "payments"});
}

}  // namespace shop::payment
