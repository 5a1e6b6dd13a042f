#include "platform/postgres/connection.hpp"

#include <libpq-fe.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "platform/postgres/flight.hpp"

namespace platform::postgres {

namespace {

using boost::asio::ip::tcp;

/// The parts of a connection URL that we look at ourselves.
struct Target {
    std::string host, addresses, port, options;
};

Target parse_target(const std::string& url) {
    char* why = nullptr;
    std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> all(PQconninfoParse(url.c_str(), &why),
                                                                     &PQconninfoFree);
    std::unique_ptr<char, decltype(&PQfreemem)> reason(why, &PQfreemem);
    // The text of the URL holds a password, and libpq's reason may quote it.
    if (!all) throw Error({.message = "the database URL cannot be parsed"});
    Target target;
    for (auto* option = all.get(); option->keyword; ++option) {
        std::string_view keyword = option->keyword;
        if (!option->val) continue;
        if (keyword == "host") target.host = option->val;
        if (keyword == "hostaddr") target.addresses = option->val;
        if (keyword == "port") target.port = option->val;
        if (keyword == "options") target.options = option->val;
    }
    return target;
}

/// The addresses of the URL's host, comma-separated, looked up without blocking the event loop as libpq
/// would. Empty when there is nothing to look up: an address, a socket directory, or a list that is left to
/// libpq.
awaitable<std::string> resolve(Target target) {
    boost::system::error_code error;
    boost::asio::ip::make_address(target.host, error);
    bool name = error && !target.host.empty() && target.addresses.empty() && target.host.front() != '/' &&
                target.host.find(',') == std::string::npos;
    if (!name) co_return "";
    tcp::resolver resolver(co_await boost::asio::this_coro::executor);
    auto found = co_await resolver.async_resolve(
        target.host, "", boost::asio::redirect_error(boost::asio::use_awaitable, error));
    if (error) throw ConnectionLost({.message = "host " + target.host + ": " + error.message()});
    std::string addresses;
    for (auto& entry : found) {
        auto address = entry.endpoint().address().to_string();
        if (("," + addresses + ",").find("," + address + ",") != std::string::npos) continue;
        addresses += (addresses.empty() ? "" : ",") + address;
    }
    co_return addresses;
}

/// `value` once for each of the comma-separated addresses, as libpq wants its lists.
std::string repeated(const std::string& value, const std::string& addresses) {
    std::string list = value;
    for (char c : addresses)
        if (c == ',') list += "," + value;
    return list;
}

// A plan is made once per statement and connection, often while the table is still empty and a scan of all of
// it looks cheapest; it would be kept while the table grows to millions of rows. What a service asks has an
// index, so plans that read whole tables are ruled out from the start, and a statement is planned once
// instead of again for each batch, which can cost more than the batch itself.
constexpr const char* plan_by_index =
    " -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off"
    " -c plan_cache_mode=force_generic_plan";

std::string session_options(const PoolConfig& config, const std::string& given) {
    auto option = [](const char* name, std::chrono::milliseconds time) {
        return std::string(" -c ") + name + "=" + std::to_string(time.count());
    };
    // The connection check ends statements whose client has hung up, so closing a connection cancels its
    // work.
    return given + option("statement_timeout", config.statement_ms) + option("lock_timeout", config.lock_ms) +
           option("idle_in_transaction_session_timeout", config.idle_in_transaction_ms) +
           option("client_connection_check_interval", std::chrono::milliseconds(1000)) +
           " -c synchronous_commit=on -c timezone=UTC -c default_transaction_isolation=read\\ committed" +
           plan_by_index;
}

}  // namespace

Connection::Connection(boost::asio::any_io_executor executor, std::shared_ptr<const PoolConfig> config,
                       std::shared_ptr<Probe> probe)
    : config_(std::move(config)),
      probe_(std::move(probe)),
      socket_(executor),
      watchdog_(executor),
      limit_(config_->statement_ms) {}

Connection::~Connection() {
    watchdog_.disarm();
    // The socket is libpq's to close; Asio only lets go of it first.
    if (socket_.is_open()) socket_.release();
    PQfinish(connection_);
}

awaitable<std::unique_ptr<Connection>> Connection::open(std::shared_ptr<const PoolConfig> config,
                                                        std::shared_ptr<Probe> probe) {
    auto executor = co_await boost::asio::this_coro::executor;
    std::unique_ptr<Connection> connection(new Connection(executor, std::move(config), std::move(probe)));
    auto addresses = co_await resolve(parse_target(connection->config_->url));
    co_await connection->connect(std::move(addresses));
    co_return connection;
}

void Connection::start_connect(const std::string& addresses) {
    auto target = parse_target(config_->url);
    auto hosts = repeated(target.host, addresses);
    auto ports = repeated(target.port.empty() ? "5432" : target.port, addresses);
    auto options = session_options(*config_, target.options);
    auto user_timeout = std::to_string(config_->tcp_user_ms.count());
    std::vector<const char*> keywords{
        "dbname",          "application_name",    "client_encoding",  "options",         "keepalives",
        "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"};
    std::vector<const char*> values{
        config_->url.c_str(), config_->application_name.c_str(), "UTF8", options.c_str(), "1", "10", "5", "3",
        user_timeout.c_str()};
    if (!addresses.empty()) {
        keywords.insert(keywords.end(), {"host", "hostaddr", "port"});
        values.insert(values.end(), {hosts.c_str(), addresses.c_str(), ports.c_str()});
    }
    keywords.push_back(nullptr);
    values.push_back(nullptr);
    constexpr int expand_dbname = 1;
    connection_ = PQconnectStartParams(keywords.data(), values.data(), expand_dbname);
    if (!connection_ || PQstatus(connection_) == CONNECTION_BAD) lost({});
    // Notices are for people at a terminal.
    PQsetNoticeReceiver(connection_, [](void*, const pg_result*) {}, nullptr);
}

awaitable<void> Connection::connect(std::string addresses) {
    using boost::asio::posix::descriptor_base;
    start_connect(addresses);
    watchdog_.arm(std::chrono::steady_clock::now() + config_->connect_ms);
    for (auto state = PGRES_POLLING_WRITING; state != PGRES_POLLING_OK;) {
        // libpq may go on to another address and so to another socket with the same number: look again each
        // time.
        watchdog_.watch(PQsocket(connection_));
        socket_.assign(PQsocket(connection_));
        boost::system::error_code error;
        auto direction =
            state == PGRES_POLLING_READING ? descriptor_base::wait_read : descriptor_base::wait_write;
        co_await socket_.async_wait(direction,
                                    boost::asio::redirect_error(boost::asio::use_awaitable, error));
        socket_.release();
        if (error) throw boost::system::system_error(error);
        if (watchdog_.fired()) lost({});
        state = PQconnectPoll(connection_);
        if (state == PGRES_POLLING_FAILED) lost({});
    }
    watchdog_.disarm();
    watchdog_.watch(PQsocket(connection_));
    if (PQsetnonblocking(connection_, 1) != 0 || !PQenterPipelineMode(connection_)) lost({});
    socket_.assign(PQsocket(connection_));
}

}  // namespace platform::postgres
