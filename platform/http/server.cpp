#include "platform/http/server.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <vector>

#include "platform/base/ensure.hpp"
#include "platform/http/server_state.hpp"
#include "platform/http/wire.hpp"
#include "platform/telemetry/log.hpp"

namespace platform::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

/// How long to leave the queue of new connections alone when the process is out of descriptors.
constexpr milliseconds accept_pause{100};

/// Deadlines are looked at this often: a quarter of the shortest one, so that none is late by more than that.
milliseconds sweep_interval(const ServerConfig& config) {
    const auto shortest =
        std::min({config.header_ms, config.body_ms, config.handler_ms, config.write_ms, config.idle_ms});
    return std::clamp(shortest / 4, milliseconds{1}, milliseconds{250});
}

}  // namespace

Server::Server(asio::io_context& context, ServerConfig config, Handler handler, telemetry::Metrics& metrics)
    : state_(std::make_shared<State>(context, std::move(config), std::move(handler), metrics)) {}

Server::~Server() { stop(); }

void Server::start() { state_->start(); }

unsigned short Server::port() const { return state_->acceptor.local_endpoint().port(); }

awaitable<void> Server::drain(std::chrono::steady_clock::time_point deadline) {
    return state_->drain(deadline);
}

void Server::stop() { state_->stop(); }

Server::State::State(asio::io_context& io_context, ServerConfig server_config, Handler request_handler,
                     telemetry::Metrics& registry)
    : context(io_context),
      config(std::move(server_config)),
      acceptor(io_context),
      metrics(registry.share()),
      connections_open(registry.gauge("http_connections", "Open connections.")),
      connections_refused(registry.counter("http_connections_refused_total",
                                           "Connections answered 503 because there were too many.")),
      handlers_overdue(registry.counter("http_handlers_overdue_total",
                                        "Requests answered 503 because their handler took too long.")),
      handler_(std::move(request_handler)),
      sweep_timer_(io_context),
      accept_timer_(io_context),
      emptied_(io_context) {}

void Server::State::start() {
    const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(config.host), config.port);
    acceptor.open(endpoint.protocol());
    acceptor.set_option(asio::socket_base::reuse_address(true));
    acceptor.bind(endpoint);
    acceptor.listen();
    asio::co_spawn(context, accept(shared_from_this()), asio::detached);
    asio::co_spawn(context, sweep(shared_from_this()), asio::detached);
}

awaitable<void> Server::State::accept(std::shared_ptr<State> self) {
    while (self->acceptor.is_open()) {
        auto [error, socket] = co_await self->acceptor.async_accept(as_result);
        if (!error) {
            self->admit(std::move(socket));
        } else if (self->acceptor.is_open()) {
            telemetry::log_warn("accept failed", {{"reason", error.message()}});
            self->accept_timer_.expires_after(accept_pause);
            co_await self->accept_timer_.async_wait(as_result);
        }
    }
}

void Server::State::admit(Socket socket) {
    if (draining || stopped_) return;
    error_code ignored;
    const auto peer = socket.remote_endpoint(ignored);
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket.non_blocking(true, ignored);
    if (connections_.size() >= config.max_connections && !make_room()) return turn_away(socket);
    auto connection =
        std::make_shared<Connection>(shared_from_this(), std::move(socket), peer.address().to_string());
    asio::co_spawn(context, Connection::serve(std::move(connection)), asio::detached);
}

/// Closes the connection that has been idle longest, if one is.
bool Server::State::make_room() {
    Connection* oldest = nullptr;
    for (auto* connection : connections_)
        if (connection->idle() && (oldest == nullptr || connection->deadline() < oldest->deadline()))
            oldest = connection;
    if (oldest == nullptr) {
        connections_refused.add();
        return false;
    }
    oldest->close();
    return true;
}

void Server::State::turn_away(Socket& socket) {
    std::string out;
    append_response(out,
                    problem_response(problems::overloaded, telemetry::Trace::start().id_text(), {}, {},
                                     std::chrono::seconds{1}),
                    {.keep_alive = false});
    // A fresh socket takes this much at once; whoever cannot even be told finds the connection closed.
    error_code ignored;
    socket.write_some(asio::buffer(out), ignored);
    socket.shutdown(asio::socket_base::shutdown_send, ignored);
}

awaitable<void> Server::State::sweep(std::shared_ptr<State> self) {
    const auto interval = sweep_interval(self->config);
    while (!self->stopped_) {
        self->sweep_timer_.expires_after(interval);
        co_await self->sweep_timer_.async_wait(as_result);
        const auto now = SteadyClock::now();
        // Expiring only ends waits; connections leave the set later, when their coroutines notice.
        for (auto* connection : self->connections_)
            if (connection->deadline() <= now) connection->expire();
    }
}

/// An Api never throws; a handler of another kind may.
awaitable<Response> Server::State::answer(std::shared_ptr<State> self, Request request) {
    const auto trace = request.trace;
    try {
        co_return co_await self->handler_(std::move(request));
    } catch (const std::exception& failure) {
        telemetry::log_error("handler failed", {{"reason", failure.what()}}, &trace);
    } catch (...) {
        telemetry::log_error("handler failed", {{"reason", "an exception of no known type"}}, &trace);
    }
    co_return problem_response(problems::internal_error, trace.id_text());
}

void Server::State::opened(Connection& connection) {
    connections_.insert(&connection);
    connections_open.set(static_cast<double>(connections_.size()));
}

void Server::State::closed(Connection& connection) {
    connections_.erase(&connection);
    connections_open.set(static_cast<double>(connections_.size()));
    if (connections_.empty()) emptied_.cancel();
}

void Server::State::stop_listening() {
    error_code ignored;
    acceptor.close(ignored);
    accept_timer_.cancel();
}

void Server::State::close_idle() {
    for (auto* connection : connections_)
        if (connection->idle()) connection->close();
}

awaitable<void> Server::State::drain(SteadyClock::time_point until) {
    const auto self = shared_from_this();  // The Server may go while we wait.
    draining = true;
    stop_listening();
    close_idle();
    while (!connections_.empty() && SteadyClock::now() < until) {
        emptied_.expires_at(until);
        co_await emptied_.async_wait(as_result);
    }
    stop();
}

void Server::State::stop() {
    draining = stopped_ = true;
    stop_listening();
    sweep_timer_.cancel();
    for (auto* connection : connections_) connection->close();
}

}  // namespace platform::http
