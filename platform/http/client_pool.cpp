#include "platform/http/client_pool.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace platform::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

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

}  // namespace

Peer peer_of(const std::string& base_url) {
    const auto url = boost::urls::parse_uri(base_url);
    const auto wrong = [&] { return std::invalid_argument("not a base URL: " + base_url); };
    if (!url || url->has_query() || url->has_fragment() || url->has_userinfo()) throw wrong();
    Peer peer;
    peer.tls = url->scheme_id() == boost::urls::scheme::https;
    if (!peer.tls && url->scheme_id() != boost::urls::scheme::http) throw wrong();
    peer.host = url->host_address();
    if (peer.host.empty()) throw wrong();
    peer.port = url->has_port() ? std::string(url->port()) : peer.tls ? "443" : "80";
    peer.prefix = std::string(url->encoded_path());
    while (peer.prefix.ends_with('/')) peer.prefix.pop_back();
    peer.authority = std::string(url->encoded_host());
    if (url->has_port()) peer.authority += ":" + peer.port;
    return peer;
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

boost::beast::tcp_stream& Wire::tcp() { return tls_ ? tls_->next_layer() : *plain_; }

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

awaitable<void> Pool::wait_for_turn(std::shared_ptr<Pool> self, SteadyClock::time_point deadline) {
    if (self->waiting_.size() >= self->config.waiting_max)
        throw TransportError("too many calls wait for a connection to " + self->peer.authority, false);
    const auto turn = std::make_shared<asio::steady_timer>(self->context_, deadline);
    self->waiting_.push_back(turn);
    const auto [error] = co_await turn->async_wait(as_result);
    // Whoever wakes us takes us out of the queue; the deadline does not.
    if (!error) {
        self->waiting_.remove(turn);
        throw TransportError("no free connection to " + self->peer.authority + " in time", false);
    }
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

}  // namespace platform::http
