#include "platform/testing/database.hpp"

#include <libpq-fe.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <stdexcept>

namespace platform::testing {

namespace {

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

std::string server_url() {
    const char* url = std::getenv("SHOP_TEST_POSTGRES");
    if (!url || !*url)
        throw std::runtime_error(
            "SHOP_TEST_POSTGRES is not set: it names the PostgreSQL server for tests by the URL of a "
            "superuser, "
            "such as postgresql://postgres@127.0.0.1:5432/postgres");
    return url;
}

/// The URL with another database behind the last slash of its path, and perhaps another port.
std::string changed(const std::string& url, const std::string& database, unsigned short port = 0) {
    auto authority = url.find("://") + 3;
    auto slash = url.find('/', authority);
    auto query = url.find('?', authority);
    auto before = url.substr(0, std::min(slash, query));
    if (port != 0) {
        auto host = std::max(before.find('@', authority) + 1, authority);
        auto colon = before.find(':', host);
        before = before.substr(0, colon) + ":" + std::to_string(port);
    }
    return before + "/" + database + (query == std::string::npos ? "" : url.substr(query));
}

Connection connect(const std::string& url) {
    Connection connection(PQconnectdb(url.c_str()), &PQfinish);
    if (PQstatus(connection.get()) != CONNECTION_OK)
        throw std::runtime_error(std::string("no PostgreSQL for the test: ") +
                                 PQerrorMessage(connection.get()));
    PQsetNoticeReceiver(connection.get(), [](void*, const PGresult*) {}, nullptr);
    return connection;
}

Result run(PGconn* connection, const std::string& sql) {
    Result result(PQexec(connection, sql.c_str()), &PQclear);
    auto status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY)
        throw std::runtime_error(PQerrorMessage(connection));
    return result;
}

std::string fresh_name() {
    static std::atomic<unsigned> count{0};
    std::random_device random;
    return "shop_test_" + std::to_string(getpid()) + "_" + std::to_string(++count) + "_" +
           std::to_string(random() % 1'000'000);
}

}  // namespace

Database::Database() : name_(fresh_name()), url_(changed(server_url(), name_)) {
    run(connect(server_url()).get(), "create database " + name_);
    connection_ = connect(url_).release();
}

Database::~Database() {
    PQfinish(static_cast<PGconn*>(connection_));
    try {
        run(connect(server_url()).get(), "drop database " + name_ + " with (force)");
    } catch (const std::exception& failure) {  // A destructor has nobody to tell but the reader of the log.
        std::fprintf(stderr, "%s is left behind: %s\n", name_.c_str(), failure.what());
    }
}

std::string Database::url_at(unsigned short port) const { return changed(url_, name_, port); }
std::string Database::host() const { return PQhost(static_cast<PGconn*>(connection_)); }

unsigned short Database::port() const {
    return static_cast<unsigned short>(std::stoi(PQport(static_cast<PGconn*>(connection_))));
}

std::vector<std::vector<std::string>> Database::execute(std::string_view sql) {
    auto result = run(static_cast<PGconn*>(connection_), std::string(sql));
    std::vector<std::vector<std::string>> rows;
    for (int row = 0; row < PQntuples(result.get()); ++row) {
        auto& cells = rows.emplace_back();
        for (int column = 0; column < PQnfields(result.get()); ++column)
            cells.push_back(PQgetisnull(result.get(), row, column) ? "null"
                                                                   : PQgetvalue(result.get(), row, column));
    }
    return rows;
}

std::string Database::value(std::string_view sql) {
    auto rows = execute(sql);
    if (rows.size() != 1 || rows.front().size() != 1)
        throw std::runtime_error("not one value: " + std::string(sql));
    return rows.front().front();
}

int Database::terminate_others() {
    return std::stoi(
        value("select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity "
              "where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client "
              "backend'"));
}

}  // namespace platform::testing
