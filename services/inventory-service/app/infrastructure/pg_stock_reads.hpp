#pragma once

#include "platform/postgres/pool.hpp"
#include "services/inventory-service/app/application/views.hpp"

namespace shop::inventory {

using platform::awaitable;

class PgStockReads final : public StockReads {
  public:
    explicit PgStockReads(platform::postgres::Pool& pool) : pool_(pool) {}

    awaitable<std::optional<StockView>> stock(Sku sku) override;
    awaitable<std::vector<StockView>> list(std::optional<Sku> after, std::int64_t limit) override;
    awaitable<std::vector<MovementView>> movements(Sku sku, std::optional<platform::Uuid> after,
                                                   std::int64_t limit) override;

  private:
    platform::postgres::Pool& pool_;
};

}  // namespace shop::inventory
