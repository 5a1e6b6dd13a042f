#pragma once

#include <functional>
#include <variant>

#include "platform/messaging/inbox.hpp"
#include "platform/postgres/batcher.hpp"
#include "platform/postgres/pool.hpp"
#include "services/order-service/app/application/ports.hpp"

namespace shop::order {

/// Deletes keys older than so many hours, at most so many of them, and returns how many it did. Any number of
/// replicas at once: none waits for another.
extern const platform::postgres::Statement<std::int64_t(std::int32_t, std::int64_t)> prune_keys;

/// Orders on PostgreSQL. New orders and look-ups of keys are committed in groups; `committed` is called after
/// each commit that wrote events, so that the relay need not wait for its next look.
class PgOrders final : public Orders {
  public:
    PgOrders(boost::asio::io_context& io, platform::postgres::Pool& pool, platform::messaging::Inbox& inbox,
             platform::postgres::BatcherConfig batches, std::function<void()> committed);

    awaitable<std::unique_ptr<OrderTransaction>> begin() override;
    awaitable<std::expected<std::optional<OrderId>, Refusal>> find(UserId buyer, IdempotencyKey key) override;
    awaitable<std::expected<PlacedOrder, Refusal>> commit(NewOrder order) override;

    /// On the io_context, which alone may touch what waits.
    awaitable<void> stop();

  private:
    struct Lookup {
        UserId buyer;
        IdempotencyKey key;
    };
    using Found = std::expected<std::optional<OrderId>, Refusal>;
    using Placed = std::expected<PlacedOrder, Refusal>;

    awaitable<std::vector<Found>> find_all(std::vector<Lookup> lookups);
    /// What came of one order of a batch. The order itself comes back when its key was there a moment ago and
    /// has been pruned since: it is to be placed once more, which may fail, and that must not be the failure
    /// of those that are committed.
    using Settled = std::variant<Placed, NewOrder>;
    awaitable<std::vector<Settled>> commit_all(std::vector<NewOrder> orders);

    platform::postgres::Pool& pool_;
    platform::messaging::Inbox& inbox_;
    std::function<void()> committed_;
    platform::postgres::Batcher<Lookup, Found> lookups_;
    platform::postgres::Batcher<NewOrder, Settled> placements_;
};

}  // namespace shop::order
