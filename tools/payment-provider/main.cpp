#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/describe/enum_to_string.hpp>
#include <csignal>
#include <cstdio>
#include <exception>

#include "platform/config/config.hpp"
#include "platform/http/server.hpp"
#include "platform/telemetry/log.hpp"
#include "tools/payment-provider/config.hpp"
#include "tools/payment-provider/journal.hpp"
#include "tools/payment-provider/provider.hpp"
#include "tools/payment-provider/routes.hpp"

namespace {

namespace asio = boost::asio;
namespace http = platform::http;
namespace telemetry = platform::telemetry;
using namespace shop::provider;

constexpr std::chrono::milliseconds settle_every{100};
constexpr std::chrono::seconds drain_time{3};
/// The handler of a slow answer must not be answered for by the server before it has been slow enough.
constexpr std::chrono::seconds handler_time{15};

/// The parts of the process, in the order in which they lean on each other.
struct Process {
    explicit Process(const Config& config)
        : provider(
              clock, ids,
              {.processing = config.provider_processing_ms, .key_lifetime = config.provider_key_lifetime_ms}),
          journal(io, config.provider_log, config.provider_log_sync, metrics),
          routes(io, provider, journal,
                 {.key = config.provider_key->reveal(), .slow = config.provider_slow_ms}, metrics),
          server(io,
                 {.host = config.http_host,
                  .port = static_cast<unsigned short>(config.http_port),
                  .max_connections = static_cast<std::size_t>(config.http_connections),
                  .handler_ms = config.provider_slow_ms + handler_time},
                 routes.handler(), metrics),
          settle_timer(io) {}

    telemetry::Metrics metrics;  // Before the io_context: what ends with that still counts.
    asio::io_context io{1};
    platform::SystemClock clock;
    platform::RandomIds ids;
    Provider provider;
    Journal journal;
    Routes routes;
    http::Server server;
    asio::steady_timer settle_timer;
    bool stopping = false;
};

/// Charges what was left "processing", also when nobody asks for it.
platform::awaitable<void> settle(Process& process) {
    while (!process.stopping) {
        process.settle_timer.expires_after(settle_every);
        co_await process.settle_timer.async_wait(asio::as_tuple(asio::use_awaitable));
        process.routes.record(process.provider.settle());
    }
}

platform::awaitable<void> stop_on_signal(Process& process) {
    asio::signal_set signals(process.io, SIGTERM, SIGINT);
    co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
    telemetry::log_info("stopping");
    process.routes.announce_drain();
    co_await process.server.drain(std::chrono::steady_clock::now() + drain_time);
    process.server.stop();
    process.stopping = true;
    process.settle_timer.cancel();
    process.io.stop();
}

/// A background loop that fails ends the process.
void rethrow(std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
}

void run(const Config& config) {
    Process process(config);
    process.journal.replay([&](const Effect& effect) { process.provider.replay(effect); });
    asio::co_spawn(process.io, stop_on_signal(process), rethrow);
    asio::co_spawn(process.io, settle(process), rethrow);
    process.server.start();
    telemetry::log_info("serving", {{"port", process.server.port()},
                                    {"log", config.provider_log},
                                    {"payment_intents", process.provider.intents()},
                                    {"sequence", process.provider.last_sequence()}});
    process.io.run();
    process.journal.flush();
}

}  // namespace

int main() {
    try {
        const auto config = platform::config::load<Config>(platform::config::Environment::process());
        const auto level = telemetry::level_of(boost::describe::enum_to_string(config.log_level, "info"));
        telemetry::configure_log("payment-provider", level.value_or(telemetry::Level::info));
        run(config);
        telemetry::flush_log();
        return 0;
    } catch (const platform::config::ConfigError& error) {
        std::fprintf(stderr, "%s\n", error.what());
    } catch (const std::exception& error) {
        telemetry::log_error("payment-provider failed", {{"reason", error.what()}});
        telemetry::flush_log();
    }
    return 1;
}
