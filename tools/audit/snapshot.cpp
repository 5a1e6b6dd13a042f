#include "tools/audit/snapshot.hpp"

#include <libpq-fe.h>

#include <string>

namespace shop::audit {

namespace {

using platform::postgres::Result;
using platform::postgres::Statement;

constexpr std::chrono::milliseconds connect_ms{5000};

const Statement<std::vector<platform::Time>()> clock_now{"audit.clock", "select clock_timestamp()"};

}  // namespace

Snapshot::Snapshot(std::string_view url) : session_(url, "shop-audit", connect_ms) {
    // Time for the longest table, and for this program to digest what it has read in between.
    session_.run("set statement_timeout = '10min'");
    session_.run("set idle_in_transaction_session_timeout = '10min'");
    session_.run("begin isolation level repeatable read read only");
    // The snapshot is taken by the first query, not by BEGIN.
    each<platform::Time>(clock_now, [this](platform::Time now) { taken_at_ = now; });
}

void Snapshot::stream(const platform::postgres::StatementBase& statement,
                      const std::function<void(const Result&)>& visit) {
    constexpr int binary = 1;
    auto* connection = session_.get();
    const bool sent =
        PQsendQueryParams(connection, statement.sql(), 0, nullptr, nullptr, nullptr, nullptr, binary) == 1 &&
        PQsetSingleRowMode(connection) == 1;
    if (!sent)
        throw platform::postgres::ConnectionLost(
            {.message = PQerrorMessage(connection), .statement = statement.name()});
    bool columns_fit = false;
    while (auto* answered = PQgetResult(connection)) {
        const Result result(answered);
        const auto status = PQresultStatus(answered);
        if (status != PGRES_SINGLE_TUPLE && status != PGRES_TUPLES_OK) {
            const char* sqlstate = PQresultErrorField(answered, PG_DIAG_SQLSTATE);
            platform::postgres::throw_failure(
                {.sqlstate = sqlstate ? sqlstate : "",
                 .message = std::string(PQdb(connection)) + ": " + PQresultErrorMessage(answered),
                 .statement = statement.name()});
        }
        if (!columns_fit)
            platform::postgres::detail::expect_columns(statement, result, statement.columns().size());
        columns_fit = true;
        visit(result);
    }
}

}  // namespace shop::audit
