#include "tools/audit/snapshot.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <string>

namespace shop::audit {

namespace {

using platform::postgres::ConnectionLost;
using platform::postgres::Parameters;
using platform::postgres::Result;
using platform::postgres::Statement;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds connect_ms{5000};
/// A server that has not even ended the statement so long after its time is frozen or unreachable.
constexpr std::chrono::milliseconds server_grace{2000};
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
                             values.data(), lengths.data(), formats.data(), binary) == 1;
}

[[noreturn]] void lost(PGconn* connection, const std::string& why) {
    throw ConnectionLost({.message = std::string(PQdb(connection)) + ": " + why});
}

/// The next result, or null when there is none left. libpq itself would wait for a frozen server for ever.
PGresult* next_result(PGconn* connection, Clock::time_point deadline) {
    while (PQisBusy(connection) == 1) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
        pollfd readable{.fd = PQsocket(connection), .events = POLLIN, .revents = 0};
        if (left <= 0 || poll(&readable, 1, static_cast<int>(left)) == 0)
            lost(connection, "the server does not answer");
        if (PQconsumeInput(connection) == 0) lost(connection, PQerrorMessage(connection));
    }
    return PQgetResult(connection);
}

void expect_success(PGconn* connection, const PGresult* result, const char* statement) {
    const auto status = PQresultStatus(result);
    if (status == PGRES_SINGLE_TUPLE || status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return;
    const char* sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (PQstatus(connection) == CONNECTION_BAD) lost(connection, PQerrorMessage(connection));
    platform::postgres::throw_failure(
        {.sqlstate = sqlstate ? sqlstate : "",
         .message = std::string(PQdb(connection)) + ": " + PQresultErrorMessage(result),
         .statement = statement});
}

}  // namespace

Snapshot::Snapshot(std::string_view url, std::chrono::milliseconds statement_timeout, Rows rows)
    : session_(url, "shop-audit", connect_ms), patience_(statement_timeout + server_grace), rows_(rows) {
    const auto limit = "'" + std::to_string(statement_timeout.count()) + "ms'";
    // The second is the time that this program takes to digest what it has read. The third: the processor
    // belongs to the shop.
    command("set statement_timeout = " + limit + "; set idle_in_transaction_session_timeout = " + limit +
            "; set max_parallel_workers_per_gather = 0");
    begin();
}

void Snapshot::command(const std::string& sql) {
    auto* connection = session_.get();
    if (PQsendQuery(connection, sql.c_str()) != 1) lost(connection, PQerrorMessage(connection));
    const auto deadline = Clock::now() + patience_;
    while (auto* answered = next_result(connection, deadline)) {
        const Result result(answered);
        expect_success(connection, answered, "");
    }
}

void Snapshot::begin() {
    command("begin isolation level repeatable read read only");
    // The snapshot is taken by the first query, not by BEGIN.
    each<platform::Time>(clock_now, [this](platform::Time now) { taken_at_ = now; });
}

void Snapshot::end() {
    if (session_.in_transaction()) command("commit");
}

void Snapshot::renew() {
    end();
    begin();
}

void Snapshot::stream(const platform::postgres::StatementBase& statement, const Parameters& parameters,
                      const std::function<void(const Result&)>& visit) {
    auto* connection = session_.get();
    const bool sent = send(connection, statement, parameters) &&
                      (rows_ == Rows::at_once || PQsetSingleRowMode(connection) == 1);
    if (!sent) lost(connection, PQerrorMessage(connection));
    bool columns_fit = false;
    const auto deadline = Clock::now() + patience_;
    while (auto* answered = next_result(connection, deadline)) {
        const Result result(answered);
        expect_success(connection, answered, statement.name());
        if (!columns_fit)
            platform::postgres::detail::expect_columns(statement, result, statement.columns().size());
        columns_fit = true;
        visit(result);
    }
}

}  // namespace shop::audit
