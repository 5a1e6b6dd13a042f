#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/http/client.hpp"

/// Inside of Client: connections to one peer and who may use them.
namespace platform::http {

using SteadyClock = std::chrono::steady_clock;

/// Where a base URL points to.
struct Peer {
    std::string host;
    std::string port;
    std::string prefix;     // Of every target; without a slash at the end.
    std::string authority;  // What the Host field says.
    bool tls = false;
};

/// Throws std::invalid_argument for anything but http and https URLs of a host, a port and a path.
Peer peer_of(const std::string& base_url);

/// One connection, plain or TLS. Counts against the pool's limit while it exists.
class Wire {
  public:
    using Tls = boost::beast::ssl_stream<boost::beast::tcp_stream>;

    Wire(class Pool& pool, boost::asio::io_context& context, boost::asio::ssl::context* tls_context);
    ~Wire();
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;

    boost::beast::tcp_stream& tcp();
    Tls* tls() { return tls_ ? &*tls_ : nullptr; }

    /// True if the peer has neither closed an idle connection nor sent anything unasked on it.
    bool still_quiet();

    boost::beast::flat_buffer buffer;
    SteadyClock::time_point idle_since;
    bool reused = false;

  private:
    std::weak_ptr<class Pool> pool_;
    std::optional<boost::beast::tcp_stream> plain_;
    std::optional<Tls> tls_;
};

class Pool : public std::enable_shared_from_this<Pool> {
  public:
    Pool(boost::asio::io_context& context, const ClientConfig& config);

    /// An idle connection, or a new one if `fresh` or none is idle; waits for one while all are in use.
    /// Throws TransportError{sent = false}.
    static awaitable<std::unique_ptr<Wire>> acquire(std::shared_ptr<Pool> self,
                                                    SteadyClock::time_point deadline, bool fresh);

    /// Takes back a connection that can serve another request.
    void give_back(std::unique_ptr<Wire> wire);

    void stop();

    const ClientConfig config;
    const Peer peer;

  private:
    friend class Wire;

    std::unique_ptr<Wire> take_idle();
    void wake_one();
    static awaitable<void> wait_for_turn(std::shared_ptr<Pool> self, SteadyClock::time_point deadline);
    static awaitable<void> connect(std::shared_ptr<Pool> self, Wire* wire, SteadyClock::time_point deadline);

    boost::asio::io_context& context_;
    std::optional<boost::asio::ssl::context> tls_context_;
    std::vector<std::unique_ptr<Wire>> idle_;  // The most recently used at the back.
    std::list<std::shared_ptr<boost::asio::steady_timer>> waiting_;
    std::size_t open_ = 0;
    bool stopped_ = false;
};

}  // namespace platform::http
