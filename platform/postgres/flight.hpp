#pragma once

#include <algorithm>
#include <optional>

#include "platform/postgres/connection.hpp"

/// The bookkeeping of one flight, shared by the halves of Connection. Only for this module's .cpp files.
namespace platform::postgres {

/// What libpq answers in turn: each step gets its results and then a NULL, the flight a sync at the end.
struct Connection::Step {
    enum class Kind { prepare, run };
    Kind kind;
    const StatementBase* statement;  ///< Null for a text.
    const Command* command;          ///< Null for what the connection adds of itself.
    Parameters own = {};             ///< Its parameters when there is no command.
};

struct Connection::Progress {
    std::vector<Step> steps;
    std::size_t at = 0;
    std::chrono::steady_clock::time_point since;
    std::optional<ErrorFields> failure;  ///< The first one.
    bool ended_by_server = false;

    std::string statement_name() const {
        if (steps.empty()) return {};
        // A failure behind the last step is one of the implicit commit, so of the last statement.
        auto& step = steps[std::min(at, steps.size() - 1)];
        return step.statement ? step.statement->name() : std::string();
    }
};

/// The server's words without its detail, which quotes values of rows.
ErrorFields error_fields(const pg_result* result, std::string statement);

/// libpq's message for a connection, as one line.
std::string connection_message(const pg_conn* connection);

}  // namespace platform::postgres
