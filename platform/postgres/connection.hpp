#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <memory>
#include <span>
#include <vector>

#include "platform/base/awaitable.hpp"
#include "platform/postgres/command.hpp"
#include "platform/postgres/pool_config.hpp"
#include "platform/postgres/probe.hpp"
#include "platform/postgres/watchdog.hpp"

struct pg_conn;  // libpq's PGconn.

namespace platform::postgres {

/// One libpq connection in pipeline mode, driven by Asio. Internal to this module: the pool owns it, a
/// transaction borrows it. Statements are prepared on it when they are first used, in the same flight.
class Connection {
  public:
    /// Connects within connect_ms (name resolution has the system's own limits) or throws ConnectionLost. The
    /// session gets the config's time-outs, UTC and synchronous commit, whatever the role's defaults are.
    static awaitable<std::unique_ptr<Connection>> open(std::shared_ptr<const PoolConfig> config,
                                                       std::shared_ptr<Probe> probe);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Sends the commands and one sync, and waits for all answers: one round trip. The commands must live
    /// until it ends. Throws the first failure; the commands behind it were not run. A flight that does not
    /// end, whether by a lost connection, the deadline or because the caller was cancelled, leaves the
    /// connection unusable.
    awaitable<void> fly(std::span<const Command> commands);

    /// False when the server hung up, or said anything at all, while nobody asked.
    bool quiet() const;
    /// True when it may serve somebody else, perhaps after a rollback.
    bool usable() const { return !in_flight_ && !stale_; }
    bool in_transaction() const;

  private:
    struct Step;
    struct Progress;

    Connection(boost::asio::any_io_executor executor, std::shared_ptr<const PoolConfig> config,
               std::shared_ptr<Probe> probe);

    awaitable<void> connect(std::string addresses);
    void start_connect(const std::string& addresses);
    awaitable<void> wait(bool also_for_writing);

    std::chrono::milliseconds limit_of(const Command& command) const;
    std::vector<Step> plan(std::span<const Command> commands);
    void send(const std::vector<Step>& steps);
    void send_run(const Step& step);
    awaitable<void> exchange(Progress& progress);
    bool read_available(Progress& progress);
    bool read_one(Progress& progress, Result result);
    void succeed(const Progress& progress, Result result);
    void fail(Progress& progress, const Result& result);
    void end_step(Progress& progress);
    [[noreturn]] void lost(std::string_view statement);

    std::shared_ptr<const PoolConfig> config_;
    std::shared_ptr<Probe> probe_;
    boost::asio::posix::stream_descriptor socket_;
    Watchdog watchdog_;
    pg_conn* connection_ = nullptr;
    std::vector<bool> prepared_;  // By the statement's serial.
    /// The statement timeout in force; differs from the session's only within a transaction.
    std::chrono::milliseconds limit_;
    bool in_flight_ = false;
    bool stale_ = false;
};

}  // namespace platform::postgres
