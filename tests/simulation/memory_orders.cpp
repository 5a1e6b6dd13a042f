#include "tests/simulation/memory_orders.hpp"

#include <set>

namespace simulation {
namespace {

namespace order = shop::order;
using shop::OrderId;

OrderId order_of(const order::SagaMessage& message) {
    return std::visit([](const auto& event) { return event.order_id; }, message.event);
}

std::expected<std::optional<OrderId>, order::Refusal> look_up(const OrderDatabase& database,
                                                              const order::IdempotencyKey& key) {
    const auto found = database.keys.find(key.key);
    if (found == database.keys.end()) return std::optional<OrderId>{};
    if (found->second.first != key.request_sha256)
        return std::unexpected(order::Refusal::idempotency_key_reused);
    return found->second.second;
}

LockKey lock_of(const order::IdempotencyKey& key) {
    LockKey lock{LockKey::Table::request_key, {}};
    for (std::size_t i = 0; i < key.key.size() && i < 16; ++i)
        lock.id.bytes[i] = static_cast<std::uint8_t>(key.key[i]);
    return lock;
}

/// A new order and its key in one transaction.
class Placement final : private MemoryTransaction {
  public:
    Placement(OrderDatabase& database, Context& context, order::NewOrder& order)
        : MemoryTransaction(context, database.locks), database_(database), order_(order) {}

    awaitable<std::expected<order::PlacedOrder, order::Refusal>> run() {
        // Somebody who is making the same key is waited for; see what they made then.
        if (context_.bug != Bug::key_looked_up_without_lock) co_await lock(lock_of(order_.key));
        const auto earlier = look_up(database_, order_.key);
        if (!earlier) co_return std::unexpected(earlier.error());
        if (*earlier) co_return order::PlacedOrder{**earlier, true};
        const auto id = order_.order.id;
        co_await commit_with([this] { apply(); });
        co_return order::PlacedOrder{id, false};
    }

  private:
    void apply() {
        const auto id = order_.order.id;
        if (context_.bug != Bug::key_not_kept)
            database_.keys[order_.key.key] = {order_.key.request_sha256, id};
        database_.orders.emplace(id, order_.order);
        database_.totals.emplace(id, order_.total);
        for (auto& entry : order_.changes.history) database_.history.push_back(entry);
        for (auto& out : order_.changes.events) database_.books.unsent.push_back({out.id, out.event});
    }

    OrderDatabase& database_;
    order::NewOrder& order_;
};

}  // namespace

void MemoryOrderTransaction::read(order::LockedOrders& locked, OrderId id) const {
    const auto found = database_.orders.find(id);
    if (found != database_.orders.end()) locked.orders.emplace(id, found->second);
}

awaitable<order::LockedOrders> MemoryOrderTransaction::load(std::vector<order::SagaMessage> messages) {
    co_await begin_call();
    std::set<OrderId> ids;
    for (const auto& message : messages) ids.insert(order_of(message));
    if (context_.interleaved) {
        std::set<platform::Uuid> marks;
        for (const auto& message : messages) marks.insert(message.id);
        for (const auto& id : marks) co_await lock({LockKey::Table::inbox, id});
        for (const auto& id : ids) co_await lock({LockKey::Table::order, id.value});
    }
    auto locked = nothing_locked();
    for (const auto& id : ids) read(locked, id);
    locked.fresh = keep_new(std::move(messages), database_.books, marks_, context_);
    co_return locked;
}

awaitable<order::LockedOrders> MemoryOrderTransaction::load_due(std::size_t limit) {
    co_await begin_call();
    auto locked = nothing_locked();
    for (const auto& [id, one] : database_.orders) {
        if (!one.saga.deadline || *one.saga.deadline > context_.now || locked.orders.size() >= limit)
            continue;
        // Others' locks are skipped.
        if (context_.bug == Bug::sweep_without_lock || try_lock({LockKey::Table::order, id.value}))
            read(locked, id);
    }
    for (const auto& sent : database_.books.unsent)
        locked.still_unsent.push_back(
            std::visit([](const auto& event) { return event.order_id; }, sent.event));
    std::ranges::sort(locked.still_unsent);
    co_return locked;
}

awaitable<order::LockedOrders> MemoryOrderTransaction::load_one(OrderId id) {
    co_await begin_call();
    if (context_.interleaved) co_await lock({LockKey::Table::order, id.value});
    auto locked = nothing_locked();
    read(locked, id);
    const auto found = locked.orders.find(id);
    if (found != locked.orders.end() && found->second.saga.status == shop::OrderStatus::confirmed &&
        context_.bug == Bug::confirmed_order_cancelled)
        found->second.saga.status = shop::OrderStatus::pending;
    co_return locked;
}

awaitable<void> MemoryOrderTransaction::save(order::Changes changes) {
    co_await begin_call();
    staged_ = std::move(changes);
    if (context_.bug == Bug::stock_undo_never_sent)
        std::erase_if(staged_.events,
                      [](const auto& out) { return std::holds_alternative<shop::ReleaseStock>(out.event); });
    if (context_.bug == Bug::event_before_commit)
        database_.books.write(rows_of<order::OrderEvent>(std::exchange(staged_.events, {})));
}

void MemoryOrderTransaction::apply() {
    for (const auto& id : marks_) database_.books.inbox.emplace(id, context_.now);
    for (auto& one : staged_.orders) database_.orders.at(one.id) = std::move(one);
    for (auto& entry : staged_.history) {
        if (!entry.changed) context_.saw(Rare::late_reply_noted);
        database_.history.push_back(std::move(entry));
    }
    database_.books.write(rows_of<order::OrderEvent>(std::move(staged_.events)));
}

awaitable<std::expected<std::optional<OrderId>, order::Refusal>> MemoryOrders::find(
    shop::UserId, order::IdempotencyKey key) {
    if (context_.interleaved) co_await context_.pause();
    context_.port_call();
    co_return look_up(database_, key);
}

awaitable<std::expected<order::PlacedOrder, order::Refusal>> MemoryOrders::commit(order::NewOrder order) {
    Placement placement(database_, context_, order);
    co_return co_await placement.run();
}

}  // namespace simulation
