#pragma once

#include <memory>

#include "platform/base/ensure.hpp"
#include "platform/postgres/statement.hpp"

namespace platform::postgres {

/// Where the answer to one queued command arrives.
struct Reply {
    enum class State { waiting, done, failed };
    State state = State::waiting;
    Result result;
};

/// One statement with its parameters, or one text without any, waiting for its flight.
struct Command {
    const StatementBase* statement = nullptr;
    std::string text;  ///< Used when there is no statement.
    Parameters parameters;
    /// BEGIN, COMMIT and ROLLBACK must work in every state, so no setting is put before them.
    bool control = false;
    std::shared_ptr<Reply> reply = std::make_shared<Reply>();
};

template <class R, class... A>
Command command_of(const Statement<R(A...)>& statement, const std::type_identity_t<A>&... values) {
    return {.statement = &statement, .text = {}, .parameters = Parameters::of(values...)};
}

/// The result of a queued statement, to be had once its flight is back. Cheap to copy; outlives the
/// transaction.
inline Command control_command(const Statement<void()>& statement) {
    return {.statement = &statement, .text = {}, .parameters = {}, .control = true};
}

/// The result of a queued statement, to be had once its flight is back. Cheap to copy; outlives the
/// transaction.
template <class R>
class Pending {
  public:
    Pending(const StatementBase& statement, std::shared_ptr<const Reply> reply)
        : statement_(&statement), reply_(std::move(reply)) {}

    /// Only after the flush or commit that carried it returned; throws Error when the rows do not fit R.
    R get() const {
        ensure(reply_->state == Reply::State::done, "a pending result is read after its flush");
        return detail::Answer<R>::read(*statement_, reply_->result);
    }

  private:
    const StatementBase* statement_;
    std::shared_ptr<const Reply> reply_;
};

}  // namespace platform::postgres
