#include "platform/http/client.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <list>

#include "platform/http/peer.hpp"

namespace platform::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;
using Parser = beast::http::response_parser<beast::http::string_body>;
using SteadyClock = std::chrono::steady_clock;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr int interim_responses_max = 4;

class Pool;

/// One connection, plain or TLS. Counts against the pool's limit while it exists.
class Wire {
  public:
    using Tls = beast::ssl_stream<beast::tcp_stream>;

    Wire(Pool& pool, asio::io_context& context, asio::ssl::context* tls_context);
    ~Wire();
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;

    beast::tcp_stream& tcp();
    Tls* tls() { return tls_ ? &*tls_ : nullptr; }

    /// True if the peer has neither closed an idle connection nor sent anything unasked on it.
    bool still_quiet();

    beast::flat_buffer buffer;
    SteadyClock::time_point idle_since;
    bool reused = false;

  private:
    std::weak_ptr<Pool> pool_;
    std::optional<beast::tcp_stream> plain_;
    std::optional<Tls> tls_;
};

class Pool : public std::enable_shared_from_this<Pool> {
  public:
    Pool(asio::io_context& context, const ClientConfig& config);

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
    struct Turn;

    std::unique_ptr<Wire> take_idle();
    void wake_one();
    static awaitable<void> wait_for_turn(std::shared_ptr<Pool> self, SteadyClock::time_point deadline);
    static awaitable<void> connect(std::shared_ptr<Pool> self, Wire* wire, SteadyClock::time_point deadline);

    asio::io_context& context_;
    std::optional<asio::ssl::context> tls_context_;
    std::vector<std::unique_ptr<Wire>> idle_;  // The most recently used at the back.
    std::list<std::shared_ptr<asio::steady_timer>> waiting_;
    std::size_t open_ = 0;
    bool stopped_ = false;
};

asio::ssl::context tls_context_of(const ClientConfig& config) {
    asio::ssl::context context(asio::ssl::context::tls_client);
    context.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
    context.set_verify_mode(asio::ssl::verify_peer);
    if (config.ca_file.empty())
        context.set_default_verify_paths();
    else
        context.load_verify_file(config.ca_file);
    return context;
}

bool is_address(const std::string& host) {
    error_code error;
    asio::ip::make_address(host, error);
    return !error;
}

/// Cancels a name look-up at a time; Asio's own has no deadline. Shared, because the timer's handler may
/// already be on its way when the look-up ends.
awaitable<tcp::resolver::results_type> resolve(asio::io_context& context, std::string host, std::string port,
                                               SteadyClock::time_point deadline) {
    const auto resolver = std::make_shared<tcp::resolver>(context);
    asio::steady_timer timer(context, deadline);
    timer.async_wait([resolver](error_code error) {
        if (!error) resolver->cancel();
    });
    auto [error, endpoints] = co_await resolver->async_resolve(host, port, as_result);
    timer.cancel();
    if (error) throw TransportError(host + ": " + error.message(), false);
    co_return endpoints;
}

Wire::Wire(Pool& pool, asio::io_context& context, asio::ssl::context* tls_context)
    : buffer(pool.config.header_bytes_max + 64 * 1024), pool_(pool.weak_from_this()) {
    ++pool.open_;
    if (tls_context != nullptr)
        tls_.emplace(context, *tls_context);
    else
        plain_.emplace(context);
}

Wire::~Wire() {
    if (const auto pool = pool_.lock()) {
        --pool->open_;
        pool->wake_one();
    }
}

beast::tcp_stream& Wire::tcp() { return tls_ ? tls_->next_layer() : *plain_; }

bool Wire::still_quiet() {
    char byte = 0;
    const auto count = ::recv(tcp().socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

Pool::Pool(asio::io_context& context, const ClientConfig& client_config)
    : config(client_config), peer(peer_of(client_config.base_url)), context_(context) {
    if (peer.tls) tls_context_.emplace(tls_context_of(config));
}

awaitable<std::unique_ptr<Wire>> Pool::acquire(std::shared_ptr<Pool> self, SteadyClock::time_point deadline,
                                               bool fresh) {
    for (;;) {
        if (self->stopped_) throw TransportError("the client has been stopped", false);
        if (auto wire = fresh ? nullptr : self->take_idle()) co_return wire;
        if (self->open_ < self->config.connections_max) break;
        co_await wait_for_turn(self, deadline);
    }
    auto wire =
        std::make_unique<Wire>(*self, self->context_, self->tls_context_ ? &*self->tls_context_ : nullptr);
    const auto connect_deadline = std::min(deadline, SteadyClock::now() + self->config.connect_ms);
    co_await connect(self, wire.get(), connect_deadline);
    co_return wire;
}

std::unique_ptr<Wire> Pool::take_idle() {
    while (!idle_.empty()) {
        auto wire = std::move(idle_.back());
        idle_.pop_back();
        if (SteadyClock::now() - wire->idle_since > config.idle_ms || !wire->still_quiet()) continue;
        wire->reused = true;
        return wire;
    }
    return nullptr;
}

/// A place in the queue, left with its waiter however the wait ends. Whoever wakes us takes us out of the
/// queue; a wake-up that comes too late, or to a call that was cancelled, is passed on, since the connection
/// it stands for is still free.
struct Pool::Turn {
    Turn(std::shared_ptr<Pool> pool_of, SteadyClock::time_point deadline)
        : pool(std::move(pool_of)), timer(std::make_shared<asio::steady_timer>(pool->context_, deadline)) {
        pool->waiting_.push_back(timer);
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
        const bool woken = pool->waiting_.remove(timer) == 0;
        if (woken && !used) pool->wake_one();
    }

    const std::shared_ptr<Pool> pool;
    const std::shared_ptr<asio::steady_timer> timer;
    bool used = false;
};

awaitable<void> Pool::wait_for_turn(std::shared_ptr<Pool> self, SteadyClock::time_point deadline) {
    if (self->waiting_.size() >= self->config.waiting_max)
        throw TransportError("too many calls wait for a connection to " + self->peer.authority, false);
    Turn turn(self, deadline);
    const auto [error] = co_await turn.timer->async_wait(as_result);
    if (!error) throw TransportError("no free connection to " + self->peer.authority + " in time", false);
    turn.used = true;
}

void Pool::wake_one() {
    if (waiting_.empty()) return;
    const auto turn = waiting_.front();
    waiting_.pop_front();
    turn->cancel();
}

awaitable<void> Pool::connect(std::shared_ptr<Pool> self, Wire* wire, SteadyClock::time_point deadline) {
    const auto& peer = self->peer;
    const auto endpoints = co_await resolve(self->context_, peer.host, peer.port, deadline);
    wire->tcp().expires_at(deadline);
    const auto [connect_error, endpoint] = co_await wire->tcp().async_connect(endpoints, as_result);
    if (connect_error)
        throw TransportError("cannot connect to " + peer.authority + ": " + connect_error.message(), false);
    wire->tcp().socket().set_option(tcp::no_delay(true));
    if (auto* tls = wire->tls()) {
        if (!is_address(peer.host)) SSL_set_tlsext_host_name(tls->native_handle(), peer.host.c_str());
        tls->set_verify_callback(asio::ssl::host_name_verification(peer.host));
        const auto [error] = co_await tls->async_handshake(asio::ssl::stream_base::client, as_result);
        if (error) throw TransportError("no TLS with " + peer.authority + ": " + error.message(), false);
    }
}

void Pool::give_back(std::unique_ptr<Wire> wire) {
    if (stopped_) return;
    wire->idle_since = SteadyClock::now();
    idle_.push_back(std::move(wire));
    wake_one();
}

void Pool::stop() {
    stopped_ = true;
    idle_.clear();
    while (!waiting_.empty()) wake_one();
}

ClientResponse response_of(Parser& parser) {
    auto& message = parser.get();
    ClientResponse response{.status = static_cast<int>(message.result_int()), .headers = {}, .body = {}};
    for (const auto& field : message.base()) {
        const auto name = field.name_string();
        const auto value = field.value();
        response.headers.add({name.data(), name.size()}, {value.data(), value.size()});
    }
    response.body = std::move(message.body());
    return response;
}

struct Exchanged {
    std::optional<ClientResponse> response;  // None: nothing was written, so the call may be made again.
    bool keep_alive = false;
    std::string failure;
};

template <class Stream>
awaitable<Exchanged> exchange(Wire* wire, Stream* stream, std::string text, bool head,
                              const ClientConfig* config) {
    const auto [write_error, written] = co_await asio::async_write(*stream, asio::buffer(text), as_result);
    if (write_error && written == 0) co_return Exchanged{.failure = write_error.message()};
    if (write_error) throw TransportError("request broke off: " + write_error.message(), true);
    for (int interim = 0; interim < interim_responses_max; ++interim) {
        Parser parser;
        parser.header_limit(static_cast<std::uint32_t>(config->header_bytes_max));
        parser.body_limit(config->response_bytes_max);
        parser.skip(head);
        const auto [error, count] =
            co_await beast::http::async_read(*stream, wire->buffer, parser, as_result);
        if (error) throw TransportError("no response: " + error.message(), true);
        if (parser.get().result_int() < 200) continue;
        // Bytes after the response answer no question of ours; whatever they are, the connection is not used
        // again.
        const bool keep_alive = parser.keep_alive() && wire->buffer.size() == 0;
        co_return Exchanged{.response = response_of(parser), .keep_alive = keep_alive};
    }
    throw TransportError("only interim responses", true);
}

}  // namespace

class Client::State : public Pool {
  public:
    using Pool::Pool;
};

Client::Client(asio::io_context& context, ClientConfig config)
    : state_(std::make_shared<State>(context, config)) {}

Client::~Client() { stop(); }

void Client::stop() { state_->stop(); }

awaitable<ClientResponse> Client::send(ClientRequest request,
                                       std::optional<std::chrono::milliseconds> timeout) {
    const std::shared_ptr<Pool> pool = state_;  // The Client may go while we wait.
    const auto& config = pool->config;
    const auto deadline =
        SteadyClock::now() + std::min(timeout.value_or(config.request_ms), config.request_ms);
    const auto text = request_text(request, pool->peer);
    const bool head = request.method == "HEAD";
    for (bool fresh = false;; fresh = true) {
        auto wire = co_await Pool::acquire(pool, deadline, fresh);
        wire->tcp().expires_at(deadline);
        auto exchanged = wire->tls() != nullptr ? exchange(wire.get(), wire->tls(), text, head, &config)
                                                : exchange(wire.get(), &wire->tcp(), text, head, &config);
        auto result = co_await std::move(exchanged);
        if (result.response) {
            if (result.keep_alive) pool->give_back(std::move(wire));
            co_return std::move(*result.response);
        }
        if (!wire->reused || request.method != "GET" || fresh) throw TransportError(result.failure, false);
    }
}

}  // namespace platform::http
