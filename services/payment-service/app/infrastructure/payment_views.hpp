#pragma once

#include "platform/postgres/pool.hpp"
#include "services/payment-service/app/presentation/views.hpp"

/// Reads for administrators: row to view, without a port.
namespace shop::payment {

platform::awaitable<std::optional<PaymentView>> read_payment(platform::postgres::Pool& pool, OrderId order);

/// Newest order first, at most `limit`, older than `after`; of one status or of all.
platform::awaitable<std::vector<PaymentView>> read_payments(platform::postgres::Pool& pool,
                                                            std::optional<PaymentStatus> status,
                                                            std::optional<OrderId> after, std::int64_t limit);

}  // namespace shop::payment
