#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <memory>

#include "platform/postgres/pool.hpp"
#include "services/order-service/app/application/views.hpp"

namespace shop::order {

using platform::awaitable;

/// One look at the database serves everybody who waits here, so the load does not grow with their number.
class PgOutcomes final : public Outcomes {
  public:
    PgOutcomes(boost::asio::io_context& io, platform::postgres::Pool& pool, std::size_t waiting_max);

    awaitable<void> wait(OrderId id, std::chrono::milliseconds limit) override;

    /// Ends all waits, and each new one at once: whoever waited is told how their order stands now.
    void drain();

    /// Looks once, and wakes those whose orders are final. Does nothing when nobody waits.
    awaitable<void> look();

  private:
    boost::asio::io_context& io_;
    platform::postgres::Pool& pool_;
    const std::size_t waiting_max_;
    bool draining_ = false;
    std::multimap<OrderId, boost::asio::steady_timer*> waiting_;
};

}  // namespace shop::order
