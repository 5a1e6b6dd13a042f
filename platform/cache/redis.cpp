#include "platform/cache/redis.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "platform/cache/breaker.hpp"
#include "platform/cache/redis_link.hpp"
#include "platform/cache/redis_url.hpp"
#include "platform/telemetry/log.hpp"

namespace platform::cache {

namespace asio = boost::asio;

namespace {

using Words = std::vector<std::string>;
using Kind = RedisReply::Kind;
using Resolver = asio::ip::tcp::resolver;

/// One wait for one thing: whoever has it rings, the timer rings when nobody did.
template <class T>
struct Ticket {
    Ticket(asio::io_context& io, std::chrono::milliseconds patience) : bell(io, patience) {}

    void ring(T value) {
        result = std::move(value);
        bell.cancel();
    }

    asio::steady_timer bell;
    std::optional<T> result;
};

template <class T>
awaitable<std::optional<T>> wait(std::shared_ptr<Ticket<T>> ticket) {
    boost::system::error_code rung;
    if (!ticket->result) co_await ticket->bell.async_wait(asio::redirect_error(asio::use_awaitable, rung));
    co_return std::move(ticket->result);
}

}  // namespace

struct Redis::State {
    State(asio::io_context& context, RedisConfig limits, telemetry::Metrics& metrics)
        : io(context),
          config(std::move(limits)),
          url(RedisUrl::parse(config.url)),
          breaker(config.failures_max, config.pause),
          hits(counter(metrics, "hit")),
          misses(counter(metrics, "miss")),
          unavailable(counter(metrics, "unavailable")) {}

    static telemetry::Counter& counter(telemetry::Metrics& metrics, const char* result) {
        return metrics.counter("cache_reads_total", "Reads from the cache, by what came of them.",
                               {{"result", result}});
    }

    /// Counts a command for as long as it is under way.
    struct UnderWay {
        explicit UnderWay(State& counted) : state(counted) { ++state.under_way; }
        ~UnderWay() { --state.under_way; }
        State& state;
    };

    bool admits() {
        return !stopped && under_way < config.waiting_max && breaker.admits(std::chrono::steady_clock::now());
    }

    void failed(std::string_view why) {
        if (stopped || !breaker.failed(std::chrono::steady_clock::now())) return;
        telemetry::log_warn("the cache does not answer; going on without it", {{"reason", std::string(why)}});
    }

    void close() {
        if (auto gone = std::move(link)) gone->close();
        link.reset();
    }

    asio::io_context& io;
    const RedisConfig config;
    const RedisUrl url;
    Breaker breaker;
    telemetry::Counter& hits;
    telemetry::Counter& misses;
    telemetry::Counter& unavailable;
    std::string address;  // Of the host, once it was looked up.
    std::shared_ptr<RedisLink> link;
    std::size_t under_way = 0;
    bool stopped = false;

    static awaitable<bool> find_address(std::shared_ptr<State> state);
    static awaitable<void> connect(std::shared_ptr<State> state);
    static awaitable<RedisReply> ask(std::shared_ptr<State> state, Words command);
};

/// The look-up runs on a thread of asio's; one that takes too long is left to itself.
awaitable<bool> Redis::State::find_address(std::shared_ptr<State> state) {
    boost::system::error_code no_address;
    const auto numeric = asio::ip::make_address(state->url.host, no_address);
    if (!no_address) {
        state->address = numeric.to_string();
        co_return true;
    }
    auto ticket = std::make_shared<Ticket<std::string>>(state->io, state->config.timeout);
    auto resolver = std::make_shared<Resolver>(state->io);
    const auto port = std::to_string(state->url.port);
    resolver->async_resolve(
        state->url.host, port,
        [ticket, resolver](boost::system::error_code error, const Resolver::results_type& found) {
            const bool any = !error && !found.empty();
            ticket->ring(any ? found.begin()->endpoint().address().to_string() : "");
        });
    const auto found = co_await wait(ticket);
    if (!found || found->empty()) co_return false;
    state->address = *found;
    co_return true;
}

/// Afterwards there is a link, which may turn out to be closed.
awaitable<void> Redis::State::connect(std::shared_ptr<State> state) {
    if (state->address.empty() && !co_await find_address(state)) co_return;
    if (state->stopped || (state->link && !state->link->closed())) co_return;  // Another caller was faster.
    state->link = RedisLink::connect(state->io, state->address, state->url.port);
    const auto& url = state->url;
    // Refused, they make every command after them refused, and that says why.
    if (!url.password.empty())
        state->link->send(
            url.user.empty() ? Words{"AUTH", url.password} : Words{"AUTH", url.user, url.password},
            [](RedisReply) {});
    if (url.database != 0) state->link->send({"SELECT", std::to_string(url.database)}, [](RedisReply) {});
}

/// A reply of kind `lost` when there is none, for whatever reason.
awaitable<RedisReply> Redis::State::ask(std::shared_ptr<State> state, Words command) {
    if (!state->admits()) co_return RedisReply{};
    const UnderWay counted(*state);
    auto ticket = std::make_shared<Ticket<RedisReply>>(state->io, state->config.timeout);
    if (!state->link || state->link->closed()) co_await connect(state);
    if (state->link)
        state->link->send(command, [ticket](RedisReply reply) { ticket->ring(std::move(reply)); });
    const auto link = state->link;
    if (!link) {
        state->failed("the host has no address");
        co_return RedisReply{};
    }
    auto reply = co_await wait(ticket);
    if (!reply || reply->kind == Kind::lost) {
        state->failed(reply ? "the connection is lost" : "no answer in time");
        // What is late may come after what was asked later, and the next address may be another one.
        if (state->link == link) state->close();
        state->address.clear();
        co_return RedisReply{};
    }
    if (reply->kind == Kind::refusal) {
        state->failed(reply->text);
        co_return RedisReply{};
    }
    if (state->breaker.succeeded()) telemetry::log_info("the cache answers again");
    co_return std::move(*reply);
}

Redis::Redis(asio::io_context& io, RedisConfig config, telemetry::Metrics& metrics)
    : state_(std::make_shared<State>(io, std::move(config), metrics)) {}

Redis::~Redis() {
    state_->stopped = true;
    state_->close();
}

awaitable<std::optional<std::string>> Redis::get(std::string key) {
    auto state = state_;
    auto reply = co_await State::ask(state, {"GET", std::move(key)});
    (reply.kind == Kind::text      ? state->hits
     : reply.kind == Kind::nothing ? state->misses
                                   : state->unavailable)
        .add();
    if (reply.kind != Kind::text) co_return std::nullopt;
    co_return std::move(reply.text);
}

awaitable<void> Redis::set(std::string key, std::string value, std::chrono::seconds lifetime) {
    auto state = state_;
    if (value.size() > state->config.value_bytes_max) co_return;
    co_await State::ask(state,
                        {"SET", std::move(key), std::move(value), "EX", std::to_string(lifetime.count())});
}

awaitable<void> Redis::forget(std::string key) {
    auto state = state_;
    co_await State::ask(state, {"DEL", std::move(key)});
}

awaitable<void> Redis::stop() {
    state_->stopped = true;
    state_->close();
    co_return;
}

}  // namespace platform::cache
