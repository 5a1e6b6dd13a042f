#include "platform/postgres/transaction.hpp"

#include <libpq-fe.h>

#include <algorithm>

#include "platform/postgres/connection.hpp"
#include "platform/postgres/pool_core.hpp"
#include "platform/postgres/transaction_control.hpp"

namespace platform::postgres {

const Statement<void()> begin_statement{"transaction.begin", "begin"};
const Statement<void()> commit_statement{"transaction.commit", "commit"};
const Statement<void()> rollback_statement{"transaction.rollback", "rollback"};

Transaction::Transaction(Lease lease) : lease_(std::move(lease)) {}

std::shared_ptr<const Reply> Transaction::send_text(std::string sql) {
    Command command{.statement = nullptr, .text = std::move(sql), .parameters = {}};
    auto reply = command.reply;
    queue(std::move(command));
    return reply;
}

void Transaction::queue(Command command) {
    ensure(state_ != State::finished, "a finished transaction takes no statements");
    if (state_ == State::fresh && queued_.empty()) queued_.push_back(control_command(begin_statement));
    queued_.push_back(std::move(command));
}

awaitable<void> Transaction::flush() {
    if (state_ == State::dead) throw Error({.sqlstate = "25P02", .message = "the transaction failed before"});
    if (queued_.empty()) co_return;
    co_await fly();
}

awaitable<void> Transaction::fly() {
    // Unless the flight comes home.
    bool fresh = std::exchange(state_, State::dead) == State::fresh;
    sent_ = false;
    if (!lease_->connection().quiet()) {
        if (!fresh) throw ConnectionLost({.message = "the connection was lost between two flights"});
        // Nothing of the transaction has been sent, so another connection will do.
        auto pool = lease_->pool();
        lease_.reset();
        lease_ = co_await PoolCore::acquire(std::move(pool));
    }
    sent_ = true;
    co_await lease_->connection().fly(queued_);
    queued_.clear();
    state_ = State::open;
}

awaitable<void> Transaction::commit() {
    if (state_ == State::fresh && queued_.empty()) {
        finish();
        co_return;
    }
    ensure(state_ != State::finished, "a transaction is committed once");
    auto command = control_command(commit_statement);
    auto reply = command.reply;
    if (state_ != State::dead) queued_.push_back(std::move(command));
    try {
        co_await flush();
    } catch (const ConnectionLost& lost) {
        // A later loss does not matter to a commit that was answered.
        if (reply->state != Reply::State::done) rethrow_as_commit(lost);
    }
    finish();
    if (std::string_view(PQcmdStatus(reply->result.get())) != "COMMIT")
        throw Error(
            {.sqlstate = "40000", .message = "the server rolled back", .statement = "transaction.commit"});
}

/// The commit can only have happened when everything before it had succeeded, as far as was heard.
void Transaction::rethrow_as_commit(const ConnectionLost& lost) const {
    bool failed_before = std::any_of(queued_.begin(), std::prev(queued_.end()), [](const Command& command) {
        return command.reply->state == Reply::State::failed;
    });
    if (failed_before || !sent_) throw;
    throw CommitUnknown({.sqlstate = lost.sqlstate(),
                         .message = "the connection was lost during commit",
                         .statement = lost.statement()});
}

awaitable<void> Transaction::rollback() {
    bool begun = state_ == State::open || state_ == State::dead;
    if (begun && lease_ && lease_->connection().usable() && lease_->connection().in_transaction()) {
        queued_.clear();
        queued_.push_back(control_command(rollback_statement));
        state_ = State::dead;
        co_await lease_->connection().fly(queued_);
    }
    finish();
}

/// Nobody need wait for the end of this object to get the connection.
void Transaction::finish() {
    state_ = State::finished;
    queued_.clear();
    lease_.reset();
}

}  // namespace platform::postgres
