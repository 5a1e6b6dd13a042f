#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "platform/base/errors.hpp"

/// Two families, told apart by what the caller should do, with the same facts in both (Failure):
///   Error           will fail the same way again: a constraint, a syntax error, a value out of range;
///   TransientError  may succeed when asked again, and is a platform::Unavailable.
/// They share no exception base beyond std::exception, because an ambiguous base would slip through every
/// catch.
namespace platform::postgres {

struct ErrorFields {
    std::string sqlstate;    ///< Five characters; empty when the failure did not come from the server.
    std::string message;     ///< The server's primary message and detail.
    std::string statement;   ///< Name of the statement that failed; empty when there was none.
    std::string constraint;  ///< Name of the violated constraint, if any.
    std::string table;
};

/// What is known about a failure. Not an exception by itself.
class Failure {
  public:
    virtual ~Failure() = default;

    const std::string& sqlstate() const { return fields_.sqlstate; }
    const std::string& statement() const { return fields_.statement; }
    const std::string& constraint() const { return fields_.constraint; }
    const std::string& table() const { return fields_.table; }
    bool transient() const { return transient_; }

  protected:
    Failure(ErrorFields fields, bool transient) : fields_(std::move(fields)), transient_(transient) {}

  private:
    ErrorFields fields_;
    bool transient_;
};

class Error : public std::runtime_error, public Failure {
  public:
    explicit Error(ErrorFields fields);
};

class TransientError : public platform::Unavailable, public Failure {
  public:
    explicit TransientError(ErrorFields fields);
};

/// The connection broke, could not be made, or did not answer within its deadline. What was under way on it
/// outside a transaction may or may not have happened; a transaction was rolled back.
class ConnectionLost : public TransientError {
  public:
    using TransientError::TransientError;
};

/// The connection was lost while COMMIT was under way: the transaction happened as a whole or not at all.
class CommitUnknown : public ConnectionLost {
  public:
    using ConnectionLost::ConnectionLost;
};

/// Every connection is in use, or too many callers wait for one.
class PoolExhausted : public TransientError {
  public:
    using TransientError::TransientError;
};

/// True for the SQLSTATEs after which the same work may succeed when repeated: connection and resource
/// trouble, deadlock, serialization failure, lock and statement time-outs, server shutdown.
bool transient_sqlstate(std::string_view sqlstate);

/// Throws ConnectionLost, TransientError or Error, as the SQLSTATE says.
[[noreturn]] void throw_failure(ErrorFields fields);

}  // namespace platform::postgres
