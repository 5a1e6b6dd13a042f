#include "services/order-service/app/presentation/routes.hpp"

#include "services/order-service/app/application/place_order.hpp"
#include "services/order-service/app/presentation/problems.hpp"
#include "services/order-service/app/presentation/views.hpp"

namespace shop::order {

namespace http = platform::http;

namespace {

constexpr std::chrono::seconds wait_max{20};
/// For reading the order after the wait, so that the answer is ours and not the server's time-out.
constexpr std::chrono::milliseconds answer_time{1'000};

UserId buyer_of(const http::Caller& caller) { return UserId{caller.user_id()}; }

Basket basket_of(PlaceOrder in) {
    Basket basket{{}, std::move(in.shipping_address.value), std::move(in.payment_method.value)};
    for (auto& line : in.lines.value) basket.lines.push_back({std::move(line.sku), line.quantity});
    return basket;
}

std::chrono::milliseconds wait_of(const http::Caller& caller) {
    const auto left = caller.deadline - std::chrono::steady_clock::now() - answer_time;
    return std::min<std::chrono::milliseconds>(std::min(*caller.wait, wait_max),
                                               std::chrono::duration_cast<std::chrono::milliseconds>(left));
}

/// An order of the caller, once it is final if they asked to wait for that.
awaitable<Result<OrderView>> view_after(RoutePorts ports, http::Caller caller, OrderId id) {
    if (caller.wait) co_await ports.outcomes->wait(id, wait_of(caller));
    auto view = co_await ports.reads->order(buyer_of(caller), id);
    if (!view) co_return std::unexpected(Refusal::order_not_found);
    co_return std::move(*view);
}

awaitable<Result<http::Created<OrderView>>> post_order(RoutePorts ports, http::Caller caller, PlaceOrder in) {
    const auto placed =
        co_await place_order(ports.ports, buyer_of(caller), basket_of(std::move(in)),
                             {caller.idempotency_key, caller.request_sha256}, caller.trace.header());
    if (!placed) co_return std::unexpected(placed.error());
    auto location = "/api/v1/orders/" + placed->id.text();
    if (placed->as_placed && !caller.wait)
        co_return http::Created<OrderView>{*placed->as_placed, std::move(location)};
    auto view = co_await view_after(ports, caller, placed->id);
    if (!view) co_return std::unexpected(view.error());
    co_return http::Created<OrderView>{std::move(*view), std::move(location)};
}

awaitable<Result<OrderView>> get_order(RoutePorts ports, http::Caller caller, http::Path<OrderId> id) {
    auto view = co_await ports.reads->order(buyer_of(caller), id.value);
    // Nobody waits for a foreign order: how long that takes would tell whether there is one.
    if (!view) co_return std::unexpected(Refusal::order_not_found);
    const bool open = view->status == OrderStatus::pending || view->status == OrderStatus::cancelling;
    if (!caller.wait || !open) co_return std::move(*view);
    co_return co_await view_after(ports, std::move(caller), id.value);
}

awaitable<Result<http::Page<OrderView>>> get_orders(RoutePorts ports, http::Caller caller,
                                                    http::Query<ListOrders> in) {
    const std::int64_t limit = in.value.limit ? in.value.limit->value : 20;
    http::Page<OrderView> page;
    // One more than asked for tells whether there is a next page.
    page.items = co_await ports.reads->orders(buyer_of(caller), in.value.after, limit + 1);
    if (page.items.size() > static_cast<std::size_t>(limit)) {
        page.items.pop_back();
        page.next = page.items.back().id.text();
    }
    co_return page;
}

awaitable<Result<Timeline>> get_timeline(RoutePorts ports, http::Caller caller, http::Path<OrderId> id) {
    auto timeline = co_await ports.reads->timeline(buyer_of(caller), id.value);
    if (!timeline) co_return std::unexpected(Refusal::order_not_found);
    co_return std::move(*timeline);
}

awaitable<Result<OrderView>> post_cancel(RoutePorts ports, http::Caller caller, http::Path<OrderId> id) {
    const auto cancelled =
        co_await cancel_order(ports.ports, buyer_of(caller), id.value, caller.trace.header());
    if (!cancelled) co_return std::unexpected(cancelled.error());
    co_return co_await view_after(ports, std::move(caller), id.value);
}

}  // namespace

http::Info api_info() { return {.title = "order-service", .version = "1.0.0"}; }

void add_routes(http::Api<RoutePorts>& api) {
    api.post(
        "/orders", 202, &post_order,
        {.summary = "Places an order; Prefer: wait=N waits up to N seconds for its outcome",
         .problems = {Refusal::product_unknown, Refusal::currencies_mixed, Refusal::catalogue_unavailable,
                      Refusal::idempotency_key_reused, Refusal::too_many_pending},
         .idempotency_key = true,
         .prefer_wait = true,
         .tag = "orders"});
    api.get("/orders", 200, &get_orders,
            {.summary = "The caller's orders, newest first", .problems = {}, .tag = "orders"});
    api.get("/orders/{id}", 200, &get_order,
            {.summary = "One order of the caller",
             .problems = {Refusal::order_not_found},
             .prefer_wait = true,
             .tag = "orders"});
    api.get("/orders/{id}/timeline", 200, &get_timeline,
            {.summary = "What happened to an order, in order",
             .problems = {Refusal::order_not_found},
             .tag = "orders"});
    api.post("/orders/{id}/cancel", 200, &post_cancel,
             {.summary = "Cancels a pending order; again on a cancelled one, nothing happens",
              .problems = {Refusal::order_not_found, Refusal::not_cancellable},
              .prefer_wait = true,
              .tag = "orders"});
}

}  // namespace shop::order
