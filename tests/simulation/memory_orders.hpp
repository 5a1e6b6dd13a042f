#pragma once

#include "services/order-service/app/application/ports.hpp"
#include "tests/simulation/memory.hpp"

namespace simulation {

/// order_db in memory.
struct OrderDatabase {
    std::map<shop::OrderId, shop::order::Order> orders;
    std::map<shop::OrderId, shop::Money> totals;
    std::map<std::string, std::pair<std::string, shop::OrderId>> keys;  // Of the one buyer there is.
    std::vector<shop::order::HistoryEntry> history;
    Books<shop::order::OrderEvent> books;
    LockTable locks;
};

class MemoryOrderTransaction final : public shop::order::OrderTransaction, private MemoryTransaction {
  public:
    MemoryOrderTransaction(OrderDatabase& database, Context& context)
        : MemoryTransaction(context, database.locks), database_(database) {}

    awaitable<shop::order::LockedOrders> load(std::vector<shop::order::SagaMessage> messages) override;
    awaitable<shop::order::LockedOrders> load_due(std::size_t limit) override;
    awaitable<shop::order::LockedOrders> load_one(shop::OrderId id) override;
    awaitable<void> save(shop::order::Changes changes) override;
    awaitable<void> commit() override {
        return commit_with([this] { apply(); });
    }

  private:
    shop::order::LockedOrders nothing_locked() const {
        return {.now = context_.now, .fresh = {}, .orders = {}, .still_unsent = {}};
    }
    void read(shop::order::LockedOrders& locked, shop::OrderId id) const;
    void apply();

    OrderDatabase& database_;
    std::vector<platform::Uuid> marks_;
    shop::order::Changes staged_;
};

class MemoryOrders final : public shop::order::Orders {
  public:
    MemoryOrders(OrderDatabase& database, Context& context) : database_(database), context_(context) {}

    awaitable<std::unique_ptr<shop::order::OrderTransaction>> begin() override {
        context_.port_call();
        co_return std::make_unique<MemoryOrderTransaction>(database_, context_);
    }
    awaitable<std::expected<std::optional<shop::OrderId>, shop::order::Refusal>> find(
        shop::UserId buyer, shop::order::IdempotencyKey key) override;
    awaitable<std::expected<shop::order::PlacedOrder, shop::order::Refusal>> commit(
        shop::order::NewOrder order) override;

  private:
    OrderDatabase& database_;
    Context& context_;
};

}  // namespace simulation
