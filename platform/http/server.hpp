#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "platform/http/message.hpp"
#include "platform/telemetry/metrics.hpp"

namespace boost::asio {
class io_context;
}

namespace platform::http {

/// Limits of one listening socket. Every phase of a connection has its own deadline, measured from the start
/// of the phase, so that a client that sends a byte now and then gains nothing by it.
struct ServerConfig {
    std::string host = "0.0.0.0";
    unsigned short port = 0;  // 0: whichever is free; see Server::port().
    std::size_t max_connections = 1024;
    std::size_t header_bytes_max = 16 * 1024;  // Request line and fields together.
    std::size_t header_fields_max = 100;
    std::size_t body_bytes_max = 64 * 1024;
    std::chrono::milliseconds header_ms{5'000};
    std::chrono::milliseconds body_ms{10'000};
    std::chrono::milliseconds handler_ms{15'000};
    std::chrono::milliseconds write_ms{10'000};
    std::chrono::milliseconds idle_ms{30'000};  // Between two requests of one connection.
};

/// HTTP/1.1 (and 1.0) on one socket, run by the single thread that runs the io_context.
///
/// A request whose framing or header could be read in two ways is answered 400 and the connection closed;
/// what is too big 413 or 431, what is too slow 408. A handler past `handler_ms` is answered for with 503 and
/// left to finish, because cutting it off could leave a commit in doubt; its connection stays counted until
/// it has. With `max_connections` open, the connection that has been idle longest makes room; if none is, the
/// new one is answered 503. The handler and what it refers to must outlive the io_context's run or the end of
/// drain(). The metrics may go before the io_context: what is counted when that ends is kept by the server.
class Server {
  public:
    Server(boost::asio::io_context& context, ServerConfig config, Handler handler,
           telemetry::Metrics& metrics);
    ~Server();  // stop()
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Binds and begins to accept. Throws boost::system::system_error when the address cannot be had.
    void start();

    /// The bound port, after start().
    unsigned short port() const;

    /// Accepts no more, closes idle connections, lets requests under way finish (their responses say
    /// `Connection: close`), returns when none is left; at the deadline closes the rest.
    awaitable<void> drain(std::chrono::steady_clock::time_point deadline);

    /// Closes everything at once. Handlers under way run to their end; nobody hears their answers.
    void stop();

    class State;

  private:
    std::shared_ptr<State> state_;
};

}  // namespace platform::http
