#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "platform/base/awaitable.hpp"
#include "platform/postgres/connection.hpp"
#include "platform/postgres/lease.hpp"
#include "platform/postgres/pool_config.hpp"
#include "platform/postgres/probe.hpp"

namespace platform::postgres {

/// The state of a pool, kept alive by its leases. Connections are opened in the background, never by a
/// caller, so that a caller who gives up takes no half-made connection with it.
class PoolCore : public std::enable_shared_from_this<PoolCore> {
  public:
    PoolCore(boost::asio::io_context& io, PoolConfig config, telemetry::Metrics& metrics);

    static awaitable<Lease> acquire(std::shared_ptr<PoolCore> pool);
    void give_back(std::unique_ptr<Connection> connection);
    void stop();

  private:
    /// A caller in the queue. The timer bounds the wait and is the bell that ends it early.
    struct Waiter {
        Waiter(const boost::asio::any_io_executor& executor, std::chrono::milliseconds wait)
            : bell(executor, wait) {}
        boost::asio::steady_timer bell;
        std::unique_ptr<Connection> connection;
    };
    struct Queued;

    std::unique_ptr<Connection> take_idle();
    awaitable<std::unique_ptr<Connection>> wait_for_one();
    [[noreturn]] void refuse(std::string_view why) const;
    void hand_over(std::unique_ptr<Connection> connection);
    void discard(std::unique_ptr<Connection> connection);
    void grow();
    void report();
    static awaitable<void> open_one(std::shared_ptr<PoolCore> pool);
    static awaitable<void> roll_back(std::shared_ptr<PoolCore> pool, std::unique_ptr<Connection> connection);
    awaitable<void> pause();
    void connect_failed(std::string why);

    boost::asio::io_context& io_;
    std::shared_ptr<const PoolConfig> config_;
    std::shared_ptr<Probe> probe_;
    std::vector<std::unique_ptr<Connection>> idle_;  // The most recently used at the back.
    std::deque<std::shared_ptr<Waiter>> waiters_;
    std::size_t open_ = 0;     // Idle or in use.
    std::size_t opening_ = 0;  // Background attempts under way.
    boost::asio::steady_timer pause_;
    std::chrono::steady_clock::time_point next_attempt_{};
    std::chrono::milliseconds backoff_{};
    std::string last_failure_;  // Of the latest attempt to connect; empty when it succeeded.
    std::minstd_rand random_{std::random_device{}()};
    bool stopped_ = false;
};

}  // namespace platform::postgres
