#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "platform/base/awaitable.hpp"
#include "platform/base/errors.hpp"
#include "platform/http/message.hpp"
#include "platform/telemetry/trace.hpp"

namespace boost::asio {
class io_context;
}

namespace platform::http {

struct ClientConfig {
    std::string base_url;  // http://host[:port][/prefix] or https://…
    std::size_t connections_max = 16;
    std::size_t waiting_max = 1000;  // Calls that wait for a connection.
    std::size_t header_bytes_max = 16 * 1024;
    std::size_t response_bytes_max = 1024 * 1024;
    std::chrono::milliseconds connect_ms{1'000};  // Name look-up, TCP and TLS together.
    std::chrono::milliseconds request_ms{5'000};  // The whole call, waiting for a connection included.
    std::chrono::milliseconds idle_ms{10'000};    // A pooled connection older than this is not used again.
    std::string ca_file;                          // PEM; empty: the system's certificate authorities.
};

struct ClientRequest {
    std::string method = "GET";
    std::string target = "/";  // Path and query, already percent-encoded; appended to the base URL's prefix.
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string body{};
    std::optional<telemetry::Trace> trace{};  // Sent as the parent of what the peer does.
};

struct ClientResponse {
    int status = 0;
    Headers headers;
    std::string body;
};

/// No response. `sent` is false only if the request certainly did not reach the peer, so that asking again
/// cannot do anything twice; true means nobody knows.
class TransportError : public Unavailable {
  public:
    TransportError(const std::string& what, bool was_sent) : Unavailable(what), sent(was_sent) {}
    const bool sent;
};

/// Calls one peer over a pool of kept-alive connections, from the single thread that runs the io_context.
/// https verifies the certificate and the host name. Redirects are returned, not followed; no response
/// decompressed. Nothing is sent twice, with one exception: a GET whose pooled connection turns out to be
/// closed before any of it could be written goes out once more on a new connection.
class Client {
  public:
    Client(boost::asio::io_context& context, ClientConfig config);
    ~Client();  // stop()
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Any response of the peer, whatever its status. Throws TransportError when there is none in time, and
    /// std::invalid_argument for a header or target that could not be sent as it is. `timeout` shortens
    /// request_ms for this call.
    awaitable<ClientResponse> send(ClientRequest request,
                                   std::optional<std::chrono::milliseconds> timeout = {});

    /// Fails waiting calls, closes idle connections, refuses new calls. Calls under way end by their
    /// deadline.
    void stop();

    class State;

  private:
    std::shared_ptr<State> state_;
};

}  // namespace platform::http
