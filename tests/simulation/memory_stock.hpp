#pragma once

#include "services/inventory-service/app/application/ports.hpp"
#include "tests/simulation/memory.hpp"

namespace simulation {

using platform::awaitable;

/// inventory_db in memory.
struct StockDatabase {
    std::map<shop::OrderId, shop::inventory::Reservation> reservations;
    shop::inventory::StockBySku stock;
    std::vector<shop::inventory::Movement> movements;
    Books<shop::inventory::StockEvent> books;
};

class MemoryStockTransaction final : public shop::inventory::StockTransaction {
  public:
    MemoryStockTransaction(StockDatabase& database, Faults& faults) : database_(database), faults_(faults) {}

    awaitable<shop::inventory::LockedStock> load(
        std::vector<shop::inventory::InventoryMessage> messages) override {
        faults_.port_call();
        shop::inventory::LockedStock locked;
        locked.stock = database_.stock;
        for (const auto& message : messages) {
            const auto id = std::visit([](const auto& event) { return event.order_id; }, message.event);
            const auto found = database_.reservations.find(id);
            locked.reservations.emplace(id, found != database_.reservations.end()
                                                ? found->second
                                                : shop::inventory::Reservation{.order_id = id});
        }
        locked.fresh = keep_new(std::move(messages), database_.books.inbox, marks_, faults_);
        co_return locked;
    }
    awaitable<shop::inventory::LockedShelf> load_or_create(shop::inventory::StockRequest request) override {
        faults_.port_call();
        // Nothing in a simulation repeats what an administrator does.
        co_return shop::inventory::LockedShelf{database_.stock[request.sku], {}};
    }
    awaitable<void> save(shop::inventory::Changes changes) override {
        faults_.port_call();
        staged_ = std::move(changes);
        co_return;
    }
    awaitable<void> commit() override {
        simulation::commit(faults_, [this] { apply(); });
        co_return;
    }

  private:
    void apply() {
        database_.books.inbox.merge(marks_);
        for (auto& one : staged_.reservations) {
            if (faults_.bug == Bug::forgetful_release && one.lines.empty() &&
                one.status == shop::ReservationStatus::released)
                continue;
            database_.reservations[one.order_id] = one;
        }
        for (const auto& [sku, level] : staged_.stock) database_.stock[sku] = level;
        for (auto& movement : staged_.movements) database_.movements.push_back(std::move(movement));
        for (auto& out : staged_.events) database_.books.unsent.push_back({out.id, std::move(out.event)});
    }

    StockDatabase& database_;
    Faults& faults_;
    std::set<platform::Uuid> marks_;
    shop::inventory::Changes staged_;
};

class MemoryStock final : public shop::inventory::StockStore {
  public:
    MemoryStock(StockDatabase& database, Faults& faults) : database_(database), faults_(faults) {}
    awaitable<std::unique_ptr<shop::inventory::StockTransaction>> begin() override {
        faults_.port_call();
        co_return std::make_unique<MemoryStockTransaction>(database_, faults_);
    }

  private:
    StockDatabase& database_;
    Faults& faults_;
};

}  // namespace simulation
