#include "platform/postgres/pool_core.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "platform/postgres/transaction_control.hpp"

namespace platform::postgres {

PoolCore::PoolCore(boost::asio::io_context& io, PoolConfig config, telemetry::Metrics& metrics)
    : io_(io),
      config_(std::make_shared<const PoolConfig>(std::move(config))),
      probe_(std::make_shared<Probe>(metrics, config_->name)),
      pause_(io) {
    ensure(config_->connections_max > 0, "a pool may have connections");
}

awaitable<Lease> PoolCore::acquire(std::shared_ptr<PoolCore> pool) {
    auto since = std::chrono::steady_clock::now();
    if (pool->stopped_) pool->refuse("the pool is stopped");
    auto connection = pool->take_idle();
    if (!connection) connection = co_await pool->wait_for_one();
    pool->probe_->waited(std::chrono::steady_clock::now() - since);
    pool->report();
    co_return Lease(pool, std::move(connection));
}

/// An idle connection that still stands; those that died meanwhile are dropped on the way.
std::unique_ptr<Connection> PoolCore::take_idle() {
    while (!idle_.empty()) {
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        if (connection->quiet()) return connection;
        --open_;
    }
    return nullptr;
}

/// Leaves the queue with its waiter, however the wait ends, and passes on a connection that came too late.
struct PoolCore::Queued {
    std::shared_ptr<PoolCore> pool;
    std::shared_ptr<Waiter> waiter;
    ~Queued() {
        std::erase(pool->waiters_, waiter);
        if (waiter->connection) pool->give_back(std::move(waiter->connection));
    }
};

awaitable<std::unique_ptr<Connection>> PoolCore::wait_for_one() {
    if (waiters_.size() >= config_->waiters_max) refuse("too many callers wait for a connection");
    auto waiter = std::make_shared<Waiter>(co_await boost::asio::this_coro::executor, config_->acquire_ms);
    Queued queued{shared_from_this(), waiter};
    waiters_.push_back(waiter);
    grow();
    boost::system::error_code rung;
    co_await waiter->bell.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, rung));
    if (waiter->connection) co_return std::move(waiter->connection);
    if (stopped_) refuse("the pool is stopped");
    if (rung) throw boost::system::system_error(rung);
    refuse(open_ > 0 ? "all connections are in use" : "no connection could be opened in time");
}

void PoolCore::refuse(std::string_view why) const {
    if (!stopped_ && !last_failure_.empty()) throw ConnectionLost({.message = last_failure_});
    throw PoolExhausted({.message = std::string(why)});
}

void PoolCore::give_back(std::unique_ptr<Connection> connection) {
    if (stopped_ || !connection->usable() || !connection->quiet()) return discard(std::move(connection));
    if (!connection->in_transaction()) return hand_over(std::move(connection));
    boost::asio::co_spawn(io_, roll_back(shared_from_this(), std::move(connection)), boost::asio::detached);
}

void PoolCore::hand_over(std::unique_ptr<Connection> connection) {
    if (stopped_) return discard(std::move(connection));
    if (waiters_.empty()) {
        idle_.push_back(std::move(connection));
    } else {
        waiters_.front()->connection = std::move(connection);
        waiters_.front()->bell.cancel();
        waiters_.pop_front();
    }
    report();
}

void PoolCore::discard(std::unique_ptr<Connection> connection) {
    connection.reset();
    --open_;
    report();
    grow();
}

/// Opens as many connections as callers wait for, within the limit; only one attempt at a time once one
/// failed.
void PoolCore::grow() {
    while (!stopped_ && opening_ < waiters_.size() && open_ + opening_ < config_->connections_max &&
           (opening_ == 0 || last_failure_.empty())) {
        ++opening_;
        boost::asio::co_spawn(io_, open_one(shared_from_this()), boost::asio::detached);
    }
}

void PoolCore::report() { probe_->pool(open_, open_ - idle_.size()); }

awaitable<void> PoolCore::open_one(std::shared_ptr<PoolCore> pool) {
    std::unique_ptr<Connection> connection;
    while (!pool->stopped_ && !connection && !pool->waiters_.empty()) {
        co_await pool->pause();
        if (pool->stopped_ || pool->waiters_.empty()) break;
        try {
            connection = co_await Connection::open(pool->config_, pool->probe_);
        } catch (const std::exception& failure) {
            pool->connect_failed(failure.what());
            if (pool->opening_ > 1) break;  // One goes on trying for all.
        }
    }
    --pool->opening_;
    if (!connection) co_return;
    ++pool->open_;
    pool->last_failure_.clear();
    pool->backoff_ = {};
    pool->hand_over(std::move(connection));
    pool->grow();
}

/// Waits until the next attempt is due.
awaitable<void> PoolCore::pause() {
    if (last_failure_.empty() || next_attempt_ <= std::chrono::steady_clock::now()) co_return;
    pause_.expires_at(next_attempt_);
    boost::system::error_code ignored;
    co_await pause_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
}

void PoolCore::connect_failed(std::string why) {
    probe_->connect_failed();
    last_failure_ = std::move(why);
    backoff_ = std::clamp(backoff_ * 2, config_->backoff_min_ms, config_->backoff_max_ms);
    // Full jitter, so that replicas which lost one server do not come back in step.
    std::uniform_int_distribution<std::int64_t> jitter(0, backoff_.count());
    next_attempt_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(jitter(random_));
}

awaitable<void> PoolCore::roll_back(std::shared_ptr<PoolCore> pool, std::unique_ptr<Connection> connection) {
    bool clean = false;
    try {
        std::vector<Command> commands;
        commands.push_back(control_command(rollback_statement));
        co_await connection->fly(commands);
        clean = connection->usable() && !connection->in_transaction();
    } catch (const std::exception&) {  // Whatever it was, the connection is not fit for another user.
    }
    if (clean)
        pool->hand_over(std::move(connection));
    else
        pool->discard(std::move(connection));
}

void PoolCore::stop() {
    if (std::exchange(stopped_, true)) return;
    open_ -= idle_.size();
    report();
    probe_->mute();
    idle_.clear();
    pause_.cancel();
    for (auto& waiter : std::exchange(waiters_, {})) waiter->bell.cancel();
}

}  // namespace platform::postgres
