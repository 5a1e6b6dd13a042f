#pragma once

#include "platform/postgres/pool.hpp"
#include "services/inventory-service/app/presentation/views.hpp"

/// Reads for clients: row to view, without a port.
namespace shop::inventory {

platform::awaitable<std::optional<StockView>> read_stock(platform::postgres::Pool& pool, Sku sku);

/// By SKU, at most `limit`, behind `after`.
platform::awaitable<std::vector<StockView>> read_stocks(platform::postgres::Pool& pool, std::optional<Sku> after,
                                                        std::int64_t limit);

/// Newest first, at most `limit`, older than `after`.
platform::awaitable<std::vector<MovementView>> read_movements(platform::postgres::Pool& pool, Sku sku,
                                                              std::optional<platform::Uuid> after, std::int64_t limit);

}  // namespace shop::inventory
