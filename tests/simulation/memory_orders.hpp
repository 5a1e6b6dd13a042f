#pragma once

#include "services/order-service/app/application/ports.hpp"
#include "tests/simulation/memory.hpp"

namespace simulation {

using platform::awaitable;
using platform::Time;

/// order_db in memory.
struct OrderDatabase {
    std::map<shop::OrderId, shop::order::Order> orders;
    std::map<shop::OrderId, shop::Money> totals;
    std::map<std::pair<shop::UserId, std::string>, std::pair<std::string, shop::OrderId>> keys;
    std::vector<shop::order::HistoryEntry> history;
    Books<shop::order::OrderEvent> books;
};

class MemoryOrderTransaction final : public shop::order::OrderTransaction {
  public:
    MemoryOrderTransaction(OrderDatabase& database, const Time& now, Faults& faults)
        : database_(database), now_(now), faults_(faults) {}

    awaitable<shop::order::LockedOrders> load(std::vector<shop::order::SagaMessage> messages) override {
        faults_.port_call();
        shop::order::LockedOrders locked = empty();
        for (const auto& message : messages)
            lock(locked, std::visit([](const auto& event) { return event.order_id; }, message.event));
        locked.fresh = keep_new(std::move(messages), database_.books.inbox, marks_, faults_);
        co_return locked;
    }
    awaitable<shop::order::LockedOrders> load_due(std::size_t limit) override {
        faults_.port_call();
        shop::order::LockedOrders locked = empty();
        for (const auto& [id, order] : database_.orders)
            if (order.saga.deadline && *order.saga.deadline <= now_ && locked.orders.size() < limit)
                lock(locked, id);
        for (const auto& sent : database_.books.unsent)
            locked.still_unsent.push_back(
                std::visit([](const auto& event) { return event.order_id; }, sent.event));
        std::ranges::sort(locked.still_unsent);
        co_return locked;
    }
    awaitable<shop::order::LockedOrders> load_one(shop::OrderId id) override {
        faults_.port_call();
        shop::order::LockedOrders locked = empty();
        lock(locked, id);
        co_return locked;
    }
    awaitable<void> save(shop::order::Changes changes) override {
        faults_.port_call();
        staged_ = std::move(changes);
        co_return;
    }
    awaitable<void> commit() override {
        simulation::commit(faults_, [this] { apply(); });
        co_return;
    }

  private:
    shop::order::LockedOrders empty() const {
        return {.now = now_, .fresh = {}, .orders = {}, .still_unsent = {}};
    }
    void lock(shop::order::LockedOrders& locked, shop::OrderId id) {
        const auto found = database_.orders.find(id);
        if (found != database_.orders.end()) locked.orders.emplace(id, found->second);
    }
    void apply() {
        database_.books.inbox.merge(marks_);
        for (auto& order : staged_.orders) database_.orders.at(order.id) = order;
        for (auto& entry : staged_.history) database_.history.push_back(std::move(entry));
        for (auto& out : staged_.events) database_.books.unsent.push_back({out.id, std::move(out.event)});
    }

    OrderDatabase& database_;
    const Time& now_;
    Faults& faults_;
    std::set<platform::Uuid> marks_;
    shop::order::Changes staged_;
};

class MemoryOrders final : public shop::order::Orders {
  public:
    MemoryOrders(OrderDatabase& database, const Time& now, Faults& faults)
        : database_(database), now_(now), faults_(faults) {}

    awaitable<std::unique_ptr<shop::order::OrderTransaction>> begin() override {
        faults_.port_call();
        co_return std::make_unique<MemoryOrderTransaction>(database_, now_, faults_);
    }
    awaitable<std::expected<std::optional<shop::OrderId>, shop::order::Refusal>> find(
        shop::UserId buyer, shop::order::IdempotencyKey key) override {
        faults_.port_call();
        co_return look_up(buyer, key);
    }
    awaitable<std::expected<shop::order::PlacedOrder, shop::order::Refusal>> commit(
        shop::order::NewOrder order) override {
        const auto earlier = look_up(order.order.user, order.key);
        if (!earlier) co_return std::unexpected(earlier.error());
        if (*earlier) co_return shop::order::PlacedOrder{**earlier, true};
        const auto id = order.order.id;
        simulation::commit(faults_, [&] {
            database_.keys[{order.order.user, order.key.key}] = {order.key.request_sha256, id};
            database_.orders.emplace(id, order.order);
            database_.totals.emplace(id, order.total);
            for (auto& entry : order.changes.history) database_.history.push_back(entry);
            for (auto& out : order.changes.events) database_.books.unsent.push_back({out.id, out.event});
        });
        co_return shop::order::PlacedOrder{id, false};
    }

  private:
    std::expected<std::optional<shop::OrderId>, shop::order::Refusal> look_up(
        shop::UserId buyer, const shop::order::IdempotencyKey& key) const {
        const auto found = database_.keys.find({buyer, key.key});
        if (found == database_.keys.end()) return std::optional<shop::OrderId>{};
        if (found->second.first != key.request_sha256)
            return std::unexpected(shop::order::Refusal::idempotency_key_reused);
        return found->second.second;
    }

    OrderDatabase& database_;
    const Time& now_;
    Faults& faults_;
};

}  // namespace simulation
