#pragma once

#include "platform/base/awaitable.hpp"
#include "platform/postgres/command.hpp"
#include "platform/postgres/lease.hpp"

namespace platform::postgres {

/// One READ COMMITTED transaction on a connection of its own. Statements are queued and go out together,
/// BEGIN in front of the first ones:
///   auto tx = co_await pool.begin();
///   auto rows = tx.send(lock_stock, skus);          // no I/O
///   co_await tx.flush();                            // one round trip
///   decide(rows.get());
///   tx.send(update_stock, skus, on_hand);
///   co_await tx.commit();                           // the updates and COMMIT, one round trip
/// The first failure of a flight aborts the rest of it and is thrown; the transaction is dead then. Destroyed
/// without commit, it is rolled back in the background; cancelled in the middle of a flight, its connection
/// is closed. Used by one coroutine at a time; not moved while a flight is under way.
class Transaction {
  public:
    explicit Transaction(Lease lease);
    Transaction(Transaction&&) noexcept = default;
    Transaction& operator=(Transaction&&) noexcept = default;
    ~Transaction() = default;

    /// The values are copied before it returns.
    template <class R, class... A>
    Pending<R> send(const Statement<R(A...)>& statement, const std::type_identity_t<A>&... values) {
        auto command = command_of(statement, values...);
        Pending<R> pending{statement, command.reply};
        queue(std::move(command));
        return pending;
    }

    /// One statement without parameters or typed result, for DDL. Never with a text that came from outside.
    /// The reply holds its binary cells after the flush.
    std::shared_ptr<const Reply> send_text(std::string sql);

    /// Sends what is queued and waits for all of it. Throws Error, TransientError or ConnectionLost.
    awaitable<void> flush();

    /// Sends what is queued and COMMIT. Also throws CommitUnknown, and Error when the server rolled back
    /// instead.
    awaitable<void> commit();

    /// Ends the transaction now instead of in the background. What is queued is dropped.
    awaitable<void> rollback();

  private:
    enum class State { fresh, open, dead, finished };

    void queue(Command command);
    awaitable<void> fly();
    [[noreturn]] void rethrow_as_commit(const ConnectionLost& lost) const;
    void finish();

    std::optional<Lease> lease_;  // Given back as soon as the transaction is finished.
    std::vector<Command> queued_;
    State state_ = State::fresh;
    bool sent_ = false;  // Whether the latest flight left at all.
};

}  // namespace platform::postgres
