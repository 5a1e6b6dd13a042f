#pragma once

#include <functional>

#include "platform/messaging/inbox.hpp"
#include "platform/postgres/pool.hpp"
#include "services/order-service/app/application/ports.hpp"

namespace shop::order {

/// A transaction on existing orders: locks, then absolute values. One round trip to load, one to save and
/// commit.
class PgOrderTransaction final : public OrderTransaction {
  public:
    PgOrderTransaction(platform::postgres::Transaction tx, const platform::messaging::Inbox& inbox,
                       std::function<void()> committed);

    awaitable<LockedOrders> load(std::vector<SagaMessage> messages) override;
    awaitable<LockedOrders> load_due(std::size_t limit) override;
    awaitable<LockedOrders> load_one(OrderId id) override;
    awaitable<void> save(Changes changes) override;
    awaitable<void> commit() override;

  private:
    platform::postgres::Transaction tx_;
    const platform::messaging::Inbox& inbox_;
    std::function<void()> committed_;
    bool wrote_events_ = false;
};

}  // namespace shop::order
