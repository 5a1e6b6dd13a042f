#include "services/order-service/app/application/handle_replies.hpp"

#include <algorithm>

#include "platform/base/crash_point.hpp"
#include "services/order-service/app/application/changes.hpp"

namespace shop::order {

namespace {

void check_amount(const Order& order, const SagaReply& message) {
    const auto* paid = std::get_if<PaymentProcessed>(&message);
    if (paid != nullptr && paid->amount != total_of(order.lines)) throw WrongAmount{order.id};
}

}  // namespace

Changes decide(const SagaTable& table, LockedOrders locked, platform::Ids& ids) {
    Changes changes;
    std::map<OrderId, bool> written;
    for (const auto& message : locked.fresh) {
        const auto id = std::visit([](const auto& event) { return event.order_id; }, message.event);
        const auto found = locked.orders.find(id);
        if (found == locked.orders.end()) throw UnknownOrder{id};
        check_amount(found->second, message.event);
        auto decision = reply(table, std::move(found->second), message.event, locked.now);
        found->second = std::move(decision.order);
        written[id] |= decision.history.front().changed;
        add(changes, std::move(decision), message.traceparent, ids);
    }
    for (const auto& [id, changed] : written)
        if (changed) changes.orders.push_back(std::move(locked.orders.at(id)));
    return changes;
}

awaitable<void> handle_replies(Ports ports, std::vector<SagaMessage> batch) {
    auto transaction = co_await ports.orders->begin();
    auto locked = co_await transaction->load(std::move(batch));
    CRASH_POINT("order.saga.after_inbox_mark");
    auto changes = decide(*ports.saga, std::move(locked), *ports.ids);
    co_await transaction->save(std::move(changes));
    CRASH_POINT("order.saga.before_commit");
    co_await transaction->commit();
}

awaitable<std::size_t> sweep_deadlines(Ports ports, std::size_t limit) {
    auto transaction = co_await ports.orders->begin();
    auto locked = co_await transaction->load_due(limit);
    if (locked.orders.empty()) co_return 0;
    const auto due = locked.orders.size();
    Changes changes;
    for (auto& [id, order] : locked.orders) {
        const bool unsent = std::ranges::binary_search(locked.still_unsent, id);
        auto decision = deadline(*ports.saga, std::move(order), unsent, locked.now);
        changes.orders.push_back(decision.order);
        add(changes, std::move(decision), {}, *ports.ids);
    }
    co_await transaction->save(std::move(changes));
    CRASH_POINT("order.sweep.before_commit");
    co_await transaction->commit();
    CRASH_POINT("order.sweep.after_commit");
    co_return due;
}

}  // namespace shop::order
