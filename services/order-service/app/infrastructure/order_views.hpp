#pragma once

#include "platform/postgres/pool.hpp"
#include "services/order-service/app/presentation/views.hpp"

/// Reads for clients: row to view, without a port. A foreign order is not found, like a missing one.
namespace shop::order {

awaitable<std::optional<OrderView>> read_order(platform::postgres::Pool& pool, UserId buyer, OrderId id);

/// Newest first, at most `limit`, older than `after`.
awaitable<std::vector<OrderView>> read_orders(platform::postgres::Pool& pool, UserId buyer, std::optional<OrderId> after,
                                              std::int64_t limit);

/// Nothing when the order is not the buyer's.
awaitable<std::optional<std::vector<TimelineEntry>>> read_timeline(platform::postgres::Pool& pool, UserId buyer,
                                                                   OrderId id);

/// Which of these orders are final.
awaitable<std::vector<OrderId>> read_final(platform::postgres::Pool& pool, std::vector<OrderId> ids);

}  // namespace shop::order
