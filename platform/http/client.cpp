#include "platform/http/client.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include "platform/http/client_pool.hpp"

namespace platform::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using Parser = beast::http::response_parser<beast::http::string_body>;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr int interim_responses_max = 4;

/// Fields that follow from the message and the connection.
constexpr std::array<std::string_view, 4> own_fields{"Host", "Content-Length", "Transfer-Encoding",
                                                     "Connection"};

bool is_visible(char c) { return c > 0x20 && c < 0x7f; }

bool is_name(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) { return is_visible(c) && c != ':'; }) &&
           std::ranges::none_of(own_fields, [&](auto own) { return equal_ignoring_case(own, name); });
}

bool is_value(std::string_view value) {
    return std::ranges::all_of(value, [](char c) { return c == ' ' || is_visible(c); });
}

void check(const ClientRequest& request) {
    if (!request.target.starts_with('/') || !std::ranges::all_of(request.target, is_visible))
        throw std::invalid_argument("a target begins with a slash and is percent-encoded");
    if (request.method.empty() || !std::ranges::all_of(request.method, is_visible))
        throw std::invalid_argument("a method is one word");
    for (const auto& [name, value] : request.headers)
        if (!is_name(name) || !is_value(value))
            throw std::invalid_argument("the header " + name + " cannot be sent");
}

std::string text_of(const ClientRequest& request, const Peer& peer) {
    std::string text;
    text.reserve(512 + request.body.size());
    text +=
        request.method + " " + peer.prefix + request.target + " HTTP/1.1\r\nHost: " + peer.authority + "\r\n";
    if (!request.body.empty() || (request.method != "GET" && request.method != "HEAD"))
        text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
    for (const auto& [name, value] : request.headers) text += name + ": " + value + "\r\n";
    if (request.trace) text += "traceparent: " + request.trace->child().header() + "\r\n";
    text += "\r\n" + request.body;
    return text;
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
    check(request);
    const std::shared_ptr<Pool> pool = state_;  // The Client may go while we wait.
    const auto& config = pool->config;
    const auto deadline =
        SteadyClock::now() + std::min(timeout.value_or(config.request_ms), config.request_ms);
    const auto text = text_of(request, pool->peer);
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
