#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <unordered_set>

#include "platform/http/head_gate.hpp"
#include "platform/http/server.hpp"
#include "platform/telemetry/trace.hpp"

/// Inside of Server, shared by server.cpp (listening, deadlines, draining) and connection.cpp (the protocol).
/// Executors are concrete types because the type-erased one costs a third of a small request.
namespace platform::http {

using Executor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
using SteadyClock = std::chrono::steady_clock;
using Timer = boost::asio::basic_waitable_timer<SteadyClock, boost::asio::wait_traits<SteadyClock>, Executor>;

/// One accepted socket. Its coroutine owns it; the server keeps a plain pointer while it lives.
class Connection : public std::enable_shared_from_this<Connection> {
  public:
    enum class Phase { idle, header, body, handler, write, linger };

    Connection(std::shared_ptr<Server::State> server, Socket socket, std::string remote_address);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Open and between two requests.
    bool idle() const { return phase_ == Phase::idle && begin_ == end_ && socket_.is_open(); }
    SteadyClock::time_point deadline() const { return deadline_; }

    /// The phase has outlived its deadline: ends the wait it stands in. A handler cannot be ended, so the
    /// client is answered for it.
    void expire();

    /// Serves requests until the connection ends. `self` keeps it alive meanwhile.
    static awaitable<void> serve(std::shared_ptr<Connection> self);

    /// Ends the connection whatever it is doing; a handler's answer will go nowhere.
    void close();

  private:
    struct Refusal {
        const Problem* problem;
        std::string_view reason;
    };

    awaitable<bool> exchange();
    awaitable<bool> receive_head(HeadGate& gate);
    template <class Parser>
    awaitable<bool> receive_body(Parser& parser, bool expects_continue);
    awaitable<bool> fill();
    awaitable<bool> write();
    awaitable<void> linger();
    awaitable<bool> refuse(Refusal refusal);
    Request request_of(std::string_view method, std::string_view target, Headers headers);
    void enter(Phase phase);
    void write_what_fits();
    void answer_for_handler();
    std::string_view buffered() const { return {buffer_.get() + begin_, end_ - begin_}; }
    void consume(std::size_t count);

    const std::shared_ptr<Server::State> server_;
    Socket socket_;
    const std::string remote_address_;
    std::unique_ptr<char[]> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::string out_;
    std::size_t written_ = 0;
    telemetry::Trace trace_;  // Of the request being served.
    std::string request_id_;
    SteadyClock::time_point deadline_ = SteadyClock::time_point::max();
    Phase phase_ = Phase::idle;
    bool expired_ = false;
    bool answered_for_ = false;
    bool head_only_ = false;
    bool http_1_0_ = false;
};

class Server::State : public std::enable_shared_from_this<Server::State> {
  public:
    State(boost::asio::io_context& io_context, ServerConfig server_config, Handler request_handler,
          telemetry::Metrics& metrics);

    void start();
    void stop();
    void stop_listening();
    void close_idle();
    awaitable<void> drain(SteadyClock::time_point until);

    /// What the handler answers; 500 if it throws.
    static awaitable<Response> answer(std::shared_ptr<State> self, Request request);

    void opened(Connection& connection);
    void closed(Connection& connection);

    boost::asio::io_context& context;
    const ServerConfig config;
    boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, Executor> acceptor;
    bool draining = false;

    /// A handle of its own: connections that the io_context destroys at its end still count themselves.
    telemetry::Metrics metrics;
    telemetry::Gauge& connections_open;
    telemetry::Counter& connections_refused;
    telemetry::Counter& handlers_overdue;

  private:
    static awaitable<void> accept(std::shared_ptr<State> self);
    static awaitable<void> sweep(std::shared_ptr<State> self);
    void admit(Socket socket);
    bool make_room();
    static void turn_away(Socket& socket);

    const Handler handler_;
    Timer sweep_timer_;
    Timer accept_timer_;
    Timer emptied_;
    std::unordered_set<Connection*> connections_;
    bool stopped_ = false;
};

}  // namespace platform::http
