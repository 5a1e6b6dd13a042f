#pragma once

#include "platform/base/awaitable.hpp"
#include "platform/postgres/pool_config.hpp"
#include "platform/postgres/transaction.hpp"

namespace boost::asio {
class io_context;
}
namespace platform::telemetry {
class Metrics;
}

namespace platform::postgres {

/// Connections to one database, made when needed and kept. Every call throws ConnectionLost or PoolExhausted
/// within acquire_ms when it gets no connection; callers are served first come, first served. A connection
/// that died while idle is replaced before anything is sent on it; after a failed connect the next attempt
/// waits with back-off. Used on the io_context's one thread only.
class Pool {
  public:
    Pool(boost::asio::io_context& io, PoolConfig config, telemetry::Metrics& metrics);
    ~Pool();  ///< Stops.
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    awaitable<Transaction> begin();

    /// One statement in a transaction of its own, one round trip. After ConnectionLost a write may have
    /// happened: where that matters, use begin() and commit(), which tells CommitUnknown apart.
    template <class R, class... A>
    awaitable<R> run(const Statement<R(A...)>& statement, const std::type_identity_t<A>&... values) {
        return answer<R>(core_, command_of(statement, values...));
    }

    /// Returns when the database answers.
    awaitable<void> ping();

    /// Closes idle connections, refuses waiting and new callers. Those in use are closed when given back.
    void stop();

  private:
    static awaitable<Result> execute(std::shared_ptr<PoolCore> core, Command command);

    template <class R>
    static awaitable<R> answer(std::shared_ptr<PoolCore> core, Command command) {
        const StatementBase& statement = *command.statement;
        auto result = co_await execute(std::move(core), std::move(command));
        co_return detail::Answer<R>::read(statement, result);
    }

    std::shared_ptr<PoolCore> core_;
};

}  // namespace platform::postgres
