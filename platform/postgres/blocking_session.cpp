#include "platform/postgres/blocking_session.hpp"

#include <libpq-fe.h>

#include <charconv>
#include <vector>

#include "platform/postgres/flight.hpp"

namespace platform::postgres {

namespace {

bool succeeded(const PGresult* result) {
    auto status = PQresultStatus(result);
    return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY;
}

[[noreturn]] void throw_for(PGconn* connection, const PGresult* result) {
    auto fields = error_fields(result, {});
    if (PQstatus(connection) == CONNECTION_BAD) throw ConnectionLost(std::move(fields));
    throw_failure(std::move(fields));
}

}  // namespace

void BlockingSession::Close::operator()(pg_conn* connection) const { PQfinish(connection); }

BlockingSession::BlockingSession(std::string_view url, std::string_view application_name,
                                 std::chrono::milliseconds connect_ms) {
    std::string target(url), name(application_name);
    // libpq counts in seconds and takes less than two for two.
    auto timeout = std::to_string(std::chrono::ceil<std::chrono::seconds>(connect_ms).count());
    const char* keywords[] = {"dbname", "application_name", "connect_timeout", "client_encoding", nullptr};
    const char* values[] = {target.c_str(), name.c_str(), timeout.c_str(), "UTF8", nullptr};
    constexpr int expand_dbname = 1;
    connection_.reset(PQconnectdbParams(keywords, values, expand_dbname));
    if (PQstatus(connection_.get()) != CONNECTION_OK)
        throw ConnectionLost({.message = connection_message(connection_.get())});
    PQsetNoticeReceiver(connection_.get(), [](void*, const PGresult*) {}, nullptr);
}

Result BlockingSession::run(const char* sql, std::initializer_list<std::string_view> parameters) {
    std::vector<std::string> texts(parameters.begin(), parameters.end());
    std::vector<const char*> values;
    for (auto& text : texts) values.push_back(text.c_str());
    constexpr int as_text = 0;
    Result result(PQexecParams(connection_.get(), sql, static_cast<int>(values.size()), nullptr,
                               values.data(), nullptr, nullptr, as_text));
    if (!succeeded(result.get())) throw_for(connection_.get(), result.get());
    return result;
}

std::string BlockingSession::value(const Result& result, int row, int column) const {
    return std::string(result.cell(row, column).value_or(""));
}

std::unique_ptr<BlockingSession::Fault> BlockingSession::run_script(const std::string& sql) {
    Result result(PQexec(connection_.get(), sql.c_str()));
    if (succeeded(result.get())) return nullptr;
    if (PQstatus(connection_.get()) == CONNECTION_BAD) throw_for(connection_.get(), result.get());
    auto fault = std::make_unique<Fault>();
    fault->fields = error_fields(result.get(), {});
    for (int code : {PG_DIAG_MESSAGE_DETAIL, PG_DIAG_MESSAGE_HINT, PG_DIAG_CONTEXT})
        if (const char* text = PQresultErrorField(result.get(), code))
            fault->detail += (fault->detail.empty() ? "" : "; ") + std::string(text);
    if (const char* text = PQresultErrorField(result.get(), PG_DIAG_STATEMENT_POSITION))
        std::from_chars(text, text + std::string_view(text).size(), fault->character);
    return fault;
}

bool BlockingSession::in_transaction() const {
    return PQtransactionStatus(connection_.get()) == PQTRANS_INTRANS;
}

}  // namespace platform::postgres
