#include "tests/simulation/memory_stock.hpp"

#include <set>

namespace simulation {
namespace {

namespace inventory = shop::inventory;
using shop::OrderId;

/// What bug first_line_checked_only makes of the stock of other lines.
constexpr std::int64_t plenty = 1'000;

OrderId order_of(const inventory::InventoryMessage& message) {
    return std::visit([](const auto& event) { return event.order_id; }, message.event);
}

}  // namespace

awaitable<void> MemoryStockTransaction::lock_all(const std::vector<inventory::InventoryMessage>& messages) {
    std::set<platform::Uuid> ids;
    std::set<OrderId> orders;
    for (const auto& message : messages) {
        ids.insert(message.id);
        orders.insert(order_of(message));
    }
    for (const auto& id : ids) co_await lock({LockKey::Table::inbox, id});
    for (const auto& id : orders) {
        if (context_.bug == Bug::fresh_row_not_locked && !database_.reservations.contains(id)) continue;
        co_await lock({LockKey::Table::reservation, id.value});
    }
    std::set<shop::Sku> skus;
    for (const auto& message : messages)
        for (auto& sku : inventory::skus_of(message.event)) skus.insert(std::move(sku));
    for (const auto& id : orders)
        if (const auto held = database_.reservations.find(id); held != database_.reservations.end())
            for (const auto& line : held->second.lines) skus.insert(line.sku);
    if (context_.bug == Bug::stock_not_locked) co_return;
    for (const auto& sku : skus)
        if (database_.stock.contains(sku)) co_await lock(stock_key(sku));
}

awaitable<inventory::LockedStock> MemoryStockTransaction::load(
    std::vector<inventory::InventoryMessage> messages) {
    co_await begin_call();
    if (context_.interleaved) co_await lock_all(messages);
    inventory::LockedStock locked;
    locked.stock = database_.stock;
    for (const auto& message : messages) {
        const auto id = order_of(message);
        const auto found = database_.reservations.find(id);
        const bool known = found != database_.reservations.end();
        auto& reservation =
            locked.reservations.emplace(id, known ? found->second : inventory::Reservation{.order_id = id})
                .first->second;
        const bool undo = std::holds_alternative<shop::ReleaseStock>(message.event);
        if (!known && undo) context_.saw(Rare::undo_before_do);
        if (context_.bug == Bug::deducted_stock_released && undo &&
            reservation.status == shop::ReservationStatus::committed)
            reservation.status = shop::ReservationStatus::held;
        const auto* created = std::get_if<shop::OrderCreated>(&message.event);
        if (context_.bug == Bug::first_line_checked_only && created != nullptr && inflated_.empty())
            for (std::size_t i = 1; i < created->lines.size(); ++i)
                if (created->lines[i].sku != created->lines[0].sku &&
                    !contains(inflated_, created->lines[i].sku)) {
                    inflated_.push_back(created->lines[i].sku);
                    locked.stock.at(created->lines[i].sku).on_hand += plenty;
                }
    }
    locked.fresh = keep_new(std::move(messages), database_.books, marks_, context_);
    co_return locked;
}

awaitable<inventory::LockedShelf> MemoryStockTransaction::load_or_create(inventory::StockRequest request) {
    co_await begin_call();
    co_await lock(stock_key(request.sku));
    // Nothing in a simulation repeats what an administrator does.
    co_return inventory::LockedShelf{database_.stock[request.sku], {}};
}

awaitable<void> MemoryStockTransaction::save(inventory::Changes changes) {
    co_await begin_call();
    staged_ = std::move(changes);
    if (context_.bug == Bug::event_before_commit)
        database_.books.write(rows_of<inventory::StockEvent>(std::exchange(staged_.events, {})));
}

void MemoryStockTransaction::apply() {
    for (const auto& id : marks_) database_.books.inbox.emplace(id, context_.now);
    for (auto& one : staged_.reservations) {
        if (context_.bug == Bug::forgetful_release && one.lines.empty() &&
            one.status == shop::ReservationStatus::released)
            continue;
        database_.reservations[one.order_id] = std::move(one);
    }
    for (auto& [sku, level] : staged_.stock) {
        if (contains(inflated_, sku)) level.on_hand -= plenty;
        database_.stock[sku] = level;
    }
    database_.changed |= !staged_.reservations.empty();
    for (auto& movement : staged_.movements) database_.movements.push_back(std::move(movement));
    database_.books.write(rows_of<inventory::StockEvent>(std::move(staged_.events)));
}

}  // namespace simulation
