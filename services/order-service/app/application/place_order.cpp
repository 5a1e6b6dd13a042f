#include "services/order-service/app/application/place_order.hpp"

#include "platform/base/crash_point.hpp"
#include "services/order-service/app/application/changes.hpp"

namespace shop::order {

awaitable<Result<PlacedOrder>> place_order(Ports ports, UserId buyer, Basket basket, IdempotencyKey key,
                                           std::string traceparent) {
    // Looked up before pricing and admission: a repetition must find its order even when the product has been
    // withdrawn since, or when the shop is too busy for new ones.
    if (!key.key.empty()) {
        auto earlier = co_await ports.orders->find(buyer, key);
        if (!earlier) co_return std::unexpected(earlier.error());
        if (*earlier) co_return PlacedOrder{**earlier, true};
    }
    if (!ports.admission->admit()) co_return std::unexpected(Refusal::too_many_pending);

    const auto shipping_address = basket.shipping_address;
    const auto payment_method = basket.payment_method;
    auto priced = co_await ports.catalogue->price(std::move(basket), traceparent);
    if (!priced) co_return std::unexpected(priced.error());

    const auto now = ports.clock->now();
    auto placed = place(*ports.saga, OrderId{ports.ids->next()}, buyer, std::move(*priced), now);
    if (!placed) co_return std::unexpected(placed.error());
    auto& [decision, total] = *placed;
    NewOrder order{.order = decision.order,
                   .total = total,
                   .shipping_address = shipping_address,
                   .payment_method = payment_method,
                   .changes = {},
                   .key = std::move(key),
                   .placed_at = now};
    add(order.changes, std::move(decision), std::move(traceparent), *ports.ids);
    auto committed = co_await ports.orders->commit(std::move(order));
    if (!committed) co_return std::unexpected(committed.error());
    co_return *committed;
}

awaitable<Result<OrderId>> cancel_order(Ports ports, UserId buyer, OrderId id, std::string traceparent) {
    auto transaction = co_await ports.orders->begin();
    auto locked = co_await transaction->load_one(id);
    const auto found = locked.orders.find(id);
    // A foreign order is answered like a missing one, so that ids cannot be probed.
    if (found == locked.orders.end() || found->second.user != buyer)
        co_return std::unexpected(Refusal::order_not_found);
    auto decision = cancel(*ports.saga, std::move(found->second), locked.now);
    if (!decision) co_return std::unexpected(decision.error());
    if (decision->history.empty()) co_return id;
    Changes changes;
    changes.orders.push_back(decision->order);
    add(changes, std::move(*decision), std::move(traceparent), *ports.ids);
    co_await transaction->save(std::move(changes));
    CRASH_POINT("order.cancel.before_commit");
    co_await transaction->commit();
    CRASH_POINT("order.cancel.after_commit");
    co_return id;
}

}  // namespace shop::order
