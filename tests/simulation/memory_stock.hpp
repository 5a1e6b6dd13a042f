#pragma once

#include "services/inventory-service/app/application/ports.hpp"
#include "tests/simulation/memory.hpp"

namespace simulation {

/// inventory_db in memory.
struct StockDatabase {
    shop::inventory::StockBySku stock;
    std::map<shop::OrderId, shop::inventory::Reservation> reservations;
    std::vector<shop::inventory::Movement> movements;
    Books<shop::inventory::StockEvent> books;
    LockTable locks;
    bool changed = false;  // Since somebody checked.
};

class MemoryStockTransaction final : public shop::inventory::StockTransaction, private MemoryTransaction {
  public:
    MemoryStockTransaction(StockDatabase& database, Context& context)
        : MemoryTransaction(context, database.locks), database_(database) {}

    awaitable<shop::inventory::LockedStock> load(
        std::vector<shop::inventory::InventoryMessage> messages) override;
    awaitable<shop::inventory::LockedShelf> load_or_create(shop::inventory::StockRequest request) override;
    awaitable<void> save(shop::inventory::Changes changes) override;
    awaitable<void> commit() override {
        return commit_with([this] { apply(); });
    }

  private:
    awaitable<void> lock_all(const std::vector<shop::inventory::InventoryMessage>& messages);
    void apply();

    StockDatabase& database_;
    std::vector<platform::Uuid> marks_;
    shop::inventory::Changes staged_;
    std::vector<shop::Sku> inflated_;
};

class MemoryStock final : public shop::inventory::StockStore {
  public:
    MemoryStock(StockDatabase& database, Context& context) : database_(database), context_(context) {}
    awaitable<std::unique_ptr<shop::inventory::StockTransaction>> begin() override {
        context_.port_call();
        co_return std::make_unique<MemoryStockTransaction>(database_, context_);
    }

  private:
    StockDatabase& database_;
    Context& context_;
};

}  // namespace simulation
