#pragma once

#include "platform/postgres/pool.hpp"
#include "services/order-service/app/application/views.hpp"

namespace shop::order {

using platform::awaitable;

class PgOrderReads final : public OrderReads {
  public:
    explicit PgOrderReads(platform::postgres::Pool& pool) : pool_(pool) {}

    awaitable<std::optional<OrderView>> order(UserId buyer, OrderId id) override;
    awaitable<std::vector<OrderView>> orders(UserId buyer, std::optional<OrderId> after,
                                             std::int64_t limit) override;
    awaitable<std::optional<Timeline>> timeline(UserId buyer, OrderId id) override;

  private:
    platform::postgres::Pool& pool_;
};

/// Which of these orders are final.
awaitable<std::vector<OrderId>> read_final(platform::postgres::Pool& pool, std::vector<OrderId> ids);

}  // namespace shop::order
