#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "platform/http/server_state.hpp"
#include "platform/http/wire.hpp"
#include "platform/telemetry/log.hpp"

namespace platform::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using Parser = beast::http::request_parser<beast::http::string_body>;
using std::chrono::milliseconds;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

/// After a refusal the rest of what the client sends is read and thrown away for a moment: closing at once
/// would reset the connection, and the client might never see why.
constexpr milliseconds linger_time{1000};
constexpr std::size_t linger_bytes_max = 1024 * 1024;

constexpr std::size_t request_id_bytes_max = 128;

/// An id from outside ends up in logs and responses, so it may only be what cannot hurt there.
bool is_acceptable_id(std::string_view id) {
    return !id.empty() && id.size() <= request_id_bytes_max && std::ranges::all_of(id, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view("-._:/+=@").find(c) != std::string_view::npos;
    });
}

Headers headers_of(const Parser& parser, std::size_t head_bytes) {
    Headers headers;
    headers.reserve(head_bytes, 16);
    for (const auto& field : parser.get().base()) {
        const auto name = field.name_string();
        const auto value = field.value();
        headers.add({name.data(), name.size()}, {value.data(), value.size()});
    }
    return headers;
}

}  // namespace

Connection::Connection(std::shared_ptr<Server::State> server, Socket socket, std::string remote_address)
    : server_(std::move(server)),
      socket_(std::move(socket)),
      remote_address_(std::move(remote_address)),
      // Not cleared: pages that are never written cost nothing.
      buffer_(new char[server_->config.header_bytes_max]) {
    enter(Phase::header);  // Whoever connects is expected to ask, sooner than between two requests.
    phase_ = Phase::idle;
    server_->opened(*this);
}

Connection::~Connection() { server_->closed(*this); }

awaitable<void> Connection::serve(std::shared_ptr<Connection> self) {
    while (co_await self->exchange()) self->enter(Phase::idle);
    co_await self->linger();
}

void Connection::enter(Phase phase) {
    const auto& config = server_->config;
    const auto limit = [&] {
        switch (phase) {
            case Phase::idle: return config.idle_ms;
            case Phase::header: return config.header_ms;
            case Phase::body: return config.body_ms;
            case Phase::handler: return config.handler_ms;
            case Phase::write: return config.write_ms;
            case Phase::linger: return linger_time;
        }
        return config.idle_ms;
    }();
    phase_ = phase;
    deadline_ = SteadyClock::now() + limit;
}

void Connection::expire() {
    deadline_ = SteadyClock::time_point::max();
    if (phase_ == Phase::handler) return answer_for_handler();
    expired_ = true;
    error_code ignored;
    socket_.cancel(ignored);
}

void Connection::close() {
    error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_both, ignored);
    socket_.close(ignored);
}

void Connection::consume(std::size_t count) {
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
}

/// Reads more into the buffer. False when the connection ended, the phase expired, or there is no room.
awaitable<bool> Connection::fill() {
    const auto capacity = server_->config.header_bytes_max;
    if (begin_ > 0 && end_ == capacity) {
        std::copy(buffer_.get() + begin_, buffer_.get() + end_, buffer_.get());
        end_ -= begin_;
        begin_ = 0;
    }
    if (end_ == capacity || !socket_.is_open()) co_return false;
    const auto [error, count] =
        co_await socket_.async_read_some(asio::buffer(buffer_.get() + end_, capacity - end_), as_result);
    if (error || expired_) co_return false;
    end_ += count;
    co_return true;
}

/// One request and its response. True if the connection is good for another.
awaitable<bool> Connection::exchange() {
    trace_ = {};
    request_id_.clear();
    head_only_ = http_1_0_ = false;
    HeadGate gate({server_->config.header_bytes_max, server_->config.header_fields_max});
    if (!co_await receive_head(gate)) co_return false;

    Parser parser;
    parser.eager(true);
    // Before the head is parsed: a limit set later does not apply to a Content-Length already seen.
    parser.body_limit(server_->config.body_bytes_max);
    parser.header_limit(static_cast<std::uint32_t>(server_->config.header_bytes_max + 1));
    error_code error;
    parser.put(asio::buffer(buffer_.get() + begin_, gate.length()), error);
    if (error == beast::http::error::body_limit)
        co_return co_await refuse({&problems::body_too_large, "Content-Length over the limit"});
    if (error) co_return co_await refuse({&problems::bad_request, "head could not be parsed"});
    consume(gate.length());

    const auto method = parser.get().method_string();
    const auto target = parser.get().target();
    // Fields are taken now: those of a chunked body's trailer are not to be believed.
    auto request = request_of({method.data(), method.size()}, {target.data(), target.size()},
                              headers_of(parser, gate.length()));
    http_1_0_ = parser.get().version() == 10;
    if (!parser.is_done()) {
        if (!co_await receive_body(parser, gate.expects_continue())) co_return false;
        request.body = std::move(parser.get().body());
    }
    const bool client_keeps_alive = parser.keep_alive();

    enter(Phase::handler);
    request.deadline = deadline_;
    auto response = co_await Server::State::answer(server_, std::move(request));
    if (answered_for_ || !socket_.is_open()) co_return false;
    if (response.status == 0) {
        close();
        co_return false;
    }
    const bool keep_alive = client_keeps_alive && !server_->draining;
    append_response(
        out_, response,
        {.keep_alive = keep_alive, .http_1_0 = http_1_0_, .head = head_only_, .request_id = request_id_});
    write_what_fits();
    if (written_ < out_.size() && !co_await write()) co_return false;
    out_.clear();
    written_ = 0;
    co_return keep_alive;
}

awaitable<bool> Connection::receive_head(HeadGate& gate) {
    for (;;) {
        const auto received = buffered();
        switch (gate.judge(received)) {
            case HeadGate::Verdict::complete: co_return true;
            case HeadGate::Verdict::refused: co_return co_await refuse({&gate.problem(), gate.reason()});
            case HeadGate::Verdict::incomplete: break;
        }
        if (!received.empty() && phase_ == Phase::idle) enter(Phase::header);
        if (received.empty() && server_->draining) co_return false;
        if (co_await fill()) continue;
        if (expired_ && phase_ == Phase::header)
            co_return co_await refuse({&problems::request_timeout, "head did not arrive in time"});
        co_return false;
    }
}

template <class BodyParser>
awaitable<bool> Connection::receive_body(BodyParser& parser, bool expects_continue) {
    enter(Phase::body);
    if (expects_continue && buffered().empty()) {
        out_ = "HTTP/1.1 100 Continue\r\n\r\n";
        write_what_fits();
        if (written_ < out_.size()) co_return false;
        out_.clear();
        written_ = 0;
    }
    for (;;) {
        std::size_t used = 0;
        if (const auto received = buffered(); !received.empty()) {
            error_code error;
            used = parser.put(asio::buffer(received.data(), received.size()), error);
            consume(used);
            if (error == beast::http::error::body_limit)
                co_return co_await refuse({&problems::body_too_large, "body over the limit"});
            if (error && error != beast::http::error::need_more)
                co_return co_await refuse({&problems::bad_request, "body could not be parsed"});
        }
        if (parser.is_done()) co_return true;
        if (used > 0 && !buffered().empty()) continue;
        if (co_await fill()) continue;
        if (expired_) co_return co_await refuse({&problems::request_timeout, "body did not arrive in time"});
        // No room although nothing can be parsed: the line before a chunk is longer than any head may be.
        if (end_ - begin_ == server_->config.header_bytes_max)
            co_return co_await refuse({&problems::bad_request, "chunk header is too large"});
        co_return false;
    }
}

Request Connection::request_of(std::string_view method, std::string_view target, Headers headers) {
    Request request;
    request.method = method;
    const auto question = std::min(target.find('?'), target.size());
    request.path = target.substr(0, question);
    if (question < target.size()) request.query = target.substr(question + 1);
    const auto parent = headers.find("traceparent");
    const auto known = parent ? telemetry::Trace::parse(*parent) : std::nullopt;
    trace_ = known ? known->child() : telemetry::Trace::start();
    const auto id = headers.find("X-Request-ID");
    request_id_ = id && is_acceptable_id(*id) ? std::string(*id) : telemetry::Trace::start().id_text();
    request.trace = trace_;
    request.request_id = request_id_;
    request.remote_address = remote_address_;
    request.headers = std::move(headers);
    head_only_ = method == "HEAD";
    return request;
}

/// Answers what is not worth a handler; the connection ends after it. Always false.
awaitable<bool> Connection::refuse(Refusal refusal) {
    if (!trace_.valid()) trace_ = telemetry::Trace::start();
    if (request_id_.empty()) request_id_ = telemetry::Trace::start().id_text();
    const auto status = std::to_string(refusal.problem->status);
    server_->metrics
        .counter("http_requests_refused_total", "Requests refused before routing.", {{"status", status}})
        .add();
    telemetry::log_info("request refused",
                        {{"status", refusal.problem->status},
                         {"reason", refusal.reason},
                         {"remote", remote_address_},
                         {"request_id", request_id_}},
                        &trace_);
    out_.clear();
    written_ = 0;
    append_response(out_, problem_response(*refusal.problem, trace_.id_text()),
                    {.keep_alive = false, .head = head_only_, .request_id = request_id_});
    expired_ = false;
    write_what_fits();
    if (written_ < out_.size()) co_await write();
    co_return false;
}

/// A small response fits into the socket's buffer, and then nothing has to be waited for.
void Connection::write_what_fits() {
    error_code error;
    written_ += socket_.write_some(asio::buffer(std::string_view(out_).substr(written_)), error);
    if (error && error != asio::error::would_block && error != asio::error::try_again) close();
}

awaitable<bool> Connection::write() {
    if (!socket_.is_open()) co_return false;
    enter(Phase::write);
    const auto [error, count] =
        co_await asio::async_write(socket_, asio::buffer(std::string_view(out_).substr(written_)), as_result);
    co_return !error && !expired_;
}

void Connection::answer_for_handler() {
    answered_for_ = true;
    server_->handlers_overdue.add();
    telemetry::log_warn("handler is too slow", {{"request_id", request_id_}}, &trace_);
    out_.clear();
    written_ = 0;
    append_response(
        out_, problem_response(problems::too_slow, trace_.id_text(), {}, {}, std::chrono::seconds{1}),
        {.keep_alive = false, .http_1_0 = http_1_0_, .head = head_only_, .request_id = request_id_});
    write_what_fits();
    error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_send, ignored);
}

awaitable<void> Connection::linger() {
    error_code ignored;
    if (!socket_.is_open() || expired_) co_return;
    socket_.shutdown(asio::socket_base::shutdown_send, ignored);
    enter(Phase::linger);
    begin_ = end_ = 0;
    for (std::size_t discarded = 0; discarded < linger_bytes_max; discarded += end_) {
        begin_ = end_ = 0;
        if (!co_await fill()) break;
    }
    close();
}

}  // namespace platform::http
