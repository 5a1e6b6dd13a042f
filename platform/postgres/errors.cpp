#include "platform/postgres/errors.hpp"

#include <array>

namespace platform::postgres {

namespace {

std::string describe(const ErrorFields& fields) {
    std::string text = fields.statement.empty() ? "postgres: " : fields.statement + ": ";
    text += fields.message;
    if (!fields.sqlstate.empty()) text += " (" + fields.sqlstate + ")";
    return text;
}

bool connection_sqlstate(std::string_view sqlstate) {
    return sqlstate.starts_with("08") || sqlstate == "57P01" || sqlstate == "57P02" || sqlstate == "57P03" ||
           sqlstate == "57P05" || sqlstate == "25P03";
}

/// A row that was on its way to the DEFAULT partition when another connection made the partition it belongs
/// into; it finds that one when it is sent again. A violated CHECK carries the name of its constraint.
bool overtaken_by_partition(const ErrorFields& fields) {
    return fields.sqlstate == "23514" && fields.constraint.empty();
}

}  // namespace

Error::Error(ErrorFields fields) : std::runtime_error(describe(fields)), Failure(std::move(fields), false) {}

TransientError::TransientError(ErrorFields fields)
    : platform::Unavailable(describe(fields)), Failure(std::move(fields), true) {}

bool transient_sqlstate(std::string_view sqlstate) {
    // 25006 is a write on a server that has become a standby: the next connection finds the new primary.
    static constexpr std::array<std::string_view, 5> single{"40001", "40P01", "55P03", "57014", "25006"};
    for (auto state : single)
        if (sqlstate == state) return true;
    return connection_sqlstate(sqlstate) || sqlstate.starts_with("53");
}

void throw_failure(ErrorFields fields) {
    if (connection_sqlstate(fields.sqlstate)) throw ConnectionLost(std::move(fields));
    if (transient_sqlstate(fields.sqlstate) || overtaken_by_partition(fields))
        throw TransientError(std::move(fields));
    throw Error(std::move(fields));
}

}  // namespace platform::postgres
