#include "services/inventory-service/app/application/handle_orders.hpp"

#include <set>

#include "platform/base/crash_point.hpp"

namespace shop::inventory {

Changes decide(LockedStock locked, platform::Ids& ids) {
    Changes changes;
    std::set<OrderId> changed;
    for (auto& message : locked.fresh) {
        const auto id = std::visit([](const auto& event) { return event.order_id; }, message.event);
        auto& reservation = locked.reservations.at(id);
        auto decision = apply(reservation, locked.stock, message.event);
        if (!decision) throw ImpossibleMessage{decision.error().what};
        if (decision->changed) changed.insert(id);
        for (auto& movement : decision->movements) changes.movements.push_back(std::move(movement));
        if (decision->event)
            changes.events.push_back({ids.next(), std::move(*decision->event), message.traceparent});
    }
    for (const auto& id : changed) {
        auto& reservation = locked.reservations.at(id);
        for (const auto& line : reservation.lines) changes.stock[line.sku] = locked.stock.at(line.sku);
        changes.reservations.push_back(std::move(reservation));
    }
    return changes;
}

awaitable<void> handle_orders(Ports ports, std::vector<InventoryMessage> batch) {
    auto transaction = co_await ports.stock->begin();
    auto locked = co_await transaction->load(std::move(batch));
    CRASH_POINT("inventory.orders.after_inbox_mark");
    auto changes = decide(std::move(locked), *ports.ids);
    co_await transaction->save(std::move(changes));
    CRASH_POINT("inventory.orders.before_commit");
    co_await transaction->commit();
}

}  // namespace shop::inventory
