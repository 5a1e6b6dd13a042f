#include "platform/postgres/pool.hpp"

#include "platform/postgres/pool_core.hpp"
#include "platform/postgres/transaction_control.hpp"

namespace platform::postgres {

const Statement<void()> ping_statement{"pool.ping", "select 1"};

Pool::Pool(boost::asio::io_context& io, PoolConfig config, telemetry::Metrics& metrics)
    : core_(std::make_shared<PoolCore>(io, std::move(config), metrics)) {}

Pool::~Pool() { stop(); }

awaitable<Transaction> Pool::begin() {
    auto lease = co_await PoolCore::acquire(core_);
    co_return Transaction(std::move(lease));
}

awaitable<Result> Pool::execute(std::shared_ptr<PoolCore> core, Command command) {
    auto lease = co_await PoolCore::acquire(std::move(core));
    std::vector<Command> commands;
    commands.push_back(std::move(command));
    co_await lease.connection().fly(commands);
    co_return std::move(commands.front().reply->result);
}

awaitable<void> Pool::ping() { co_await run(ping_statement); }

void Pool::stop() { core_->stop(); }

}  // namespace platform::postgres
