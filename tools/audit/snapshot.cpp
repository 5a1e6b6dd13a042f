#include "tools/audit/snapshot.hpp"

#include <libpq-fe.h>

#include <string>

namespace shop::audit {

namespace {

using platform::postgres::Parameters;
using platform::postgres::Result;
using platform::postgres::Statement;

constexpr std::chrono::milliseconds connect_ms{5000};
constexpr int binary = 1;

const Statement<std::vector<platform::Time>()> clock_now{"audit.clock", "select clock_timestamp()"};

bool send(PGconn* connection, const platform::postgres::StatementBase& statement,
          const Parameters& parameters) {
    std::vector<Oid> types(statement.parameters().begin(), statement.parameters().end());
    std::vector<const char*> values;
    std::vector<int> lengths;
    for (const auto& piece : parameters.pieces()) {
        values.push_back(piece.length < 0 ? nullptr : parameters.data() + piece.offset);
        lengths.push_back(piece.length);
    }
    const std::vector<int> formats(values.size(), binary);
    return PQsendQueryParams(connection, statement.sql(), static_cast<int>(values.size()), types.data(),
                             values.data(), lengths.data(), formats.data(), binary) == 1 &&
           PQsetSingleRowMode(connection) == 1;
}

}  // namespace

Snapshot::Snapshot(std::string_view url, std::chrono::milliseconds statement_timeout)
    : session_(url, "shop-audit", connect_ms) {
    const auto limit = "'" + std::to_string(statement_timeout.count()) + "ms'";
    // The second is the time that this program takes to digest what it has read.
    for (const auto* setting : {"statement_timeout", "idle_in_transaction_session_timeout"})
        session_.run(("set " + std::string(setting) + " = " + limit).c_str());
    // The processor belongs to the shop.
    session_.run("set max_parallel_workers_per_gather = 0");
    begin();
}

void Snapshot::begin() {
    session_.run("begin isolation level repeatable read read only");
    // The snapshot is taken by the first query, not by BEGIN.
    each<platform::Time>(clock_now, [this](platform::Time now) { taken_at_ = now; });
}

void Snapshot::end() {
    if (session_.in_transaction()) session_.run("commit");
}

void Snapshot::renew() {
    end();
    begin();
}

void Snapshot::stream(const platform::postgres::StatementBase& statement, const Parameters& parameters,
                      const std::function<void(const Result&)>& visit) {
    auto* connection = session_.get();
    if (!send(connection, statement, parameters))
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
