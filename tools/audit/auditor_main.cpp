#include <sys/resource.h>
#include <unistd.h>

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
#include "platform/http/router.hpp"
#include "platform/http/server.hpp"
#include "platform/telemetry/log.hpp"
#include "tools/audit/auditor_config.hpp"
#include "tools/audit/online.hpp"

namespace {

namespace asio = boost::asio;
namespace http = platform::http;
namespace telemetry = platform::telemetry;
using namespace shop::audit;

constexpr std::chrono::seconds drain_time{1}, show_every{1};
/// For the slice under way at a stop. It only reads, so leaving it behind harms nobody.
constexpr std::chrono::milliseconds stop_patience{2'000};
/// Without a comparison for this long, or three intervals, nobody should rely on what this process says. The
/// longest pause after a slow round is a minute.
constexpr std::chrono::milliseconds stale_after{90'000};
/// After everybody else: the shop comes first.
constexpr int niceness = 10;

Sources sources_of(const Config& config) {
    return {.databases = {.user = config.user_database_url->text(),
                          .product = config.product_database_url->text(),
                          .order = config.order_database_url->text(),
                          .inventory = config.inventory_database_url->text(),
                          .payment = config.payment_database_url->text()},
            .broker_management = config.broker_management_url->text(),
            .provider_log = config.provider_log,
            .redis = config.redis_url ? config.redis_url->text() : ""};
}

OnlineLimits limits_of(const Config& config) {
    return {.interval = std::chrono::seconds(std::int64_t{config.audit_interval_s}),
            .share_percent = static_cast<int>(std::int64_t{config.audit_share_percent})};
}

RoundLimits rounds_of(const Config& config) {
    const auto limits = limits_of(config);
    return {.grace = std::chrono::seconds(std::int64_t{config.audit_grace_s}),
            .slice_orders = config.audit_slice_orders,
            .statement_timeout = std::chrono::milliseconds(std::int64_t{config.audit_statement_ms}),
            .round = limits.interval * limits.share_percent / 100};
}

/// The parts of the process, in the order in which they lean on each other.
struct Process {
    explicit Process(const Config& config)
        : online(sources_of(config), rounds_of(config), limits_of(config), metrics),
          router({.title = "shop-auditor", .version = "1", .base_path = ""}, {}, metrics),
          server(
              io,
              {.host = config.http_host,
               .port = static_cast<unsigned short>(config.http_port),
               .max_connections = static_cast<std::size_t>(config.http_connections)},
              [this](http::Request request) { return router.handle(std::move(request)); }, metrics),
          age_timer(io) {}

    telemetry::Metrics metrics;  // Before the io_context: what ends with that still counts.
    asio::io_context io{1};
    Online online;
    http::Router router;
    http::Server server;
    asio::steady_timer age_timer;
    bool stopping = false;
};

platform::awaitable<http::Response> send_report(std::string report) {
    if (!report.empty()) co_return http::Response{.body = std::move(report)};
    co_return http::Response{.status = 503, .body = R"({"verdict":"nothing was compared yet"})"};
}

platform::awaitable<bool> compared_lately(Online& online) {
    const auto age = online.age();
    co_return age && *age < std::max(stale_after, 3 * online.interval());
}

void add_routes(Process& process) {
    process.router.add({.method = "GET",
                        .path = "/report",
                        .options = {.access = http::Access::anyone},
                        .run = [&process](http::Call) { return send_report(process.online.report()); },
                        .documented = false});
    process.router.system().ready_when("comparison", [&process] { return compared_lately(process.online); });
}

platform::awaitable<void> show_age(Process& process) {
    while (!process.stopping) {
        process.online.show_age();
        process.age_timer.expires_after(show_every);
        co_await process.age_timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

platform::awaitable<void> stop_on_signal(Process& process) {
    asio::signal_set signals(process.io, SIGTERM, SIGINT);
    co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
    telemetry::log_info("stopping");
    process.online.ask_to_stop();
    process.router.system().announce_drain();
    co_await process.server.drain(std::chrono::steady_clock::now() + drain_time);
    process.server.stop();
    process.stopping = true;
    process.age_timer.cancel();
    process.io.stop();
}

/// A background loop that fails ends the process.
void rethrow(std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
}

void run(const Config& config) {
    Process process(config);
    add_routes(process);
    asio::co_spawn(process.io, stop_on_signal(process), rethrow);
    asio::co_spawn(process.io, show_age(process), rethrow);
    process.server.start();
    process.online.start();
    telemetry::log_info("serving", {{"port", process.server.port()}});
    process.io.run();
    if (process.online.ended(stop_patience)) return;
    telemetry::log_warn("stopped in the middle of a comparison");
    telemetry::flush_log();
    _exit(0);
}

}  // namespace

int main() {
    // Threads inherit it, so it comes first. Refused, it is as it was.
    setpriority(PRIO_PROCESS, 0, niceness);
    try {
        const auto config = platform::config::load<Config>(platform::config::Environment::process());
        const auto level = telemetry::level_of(boost::describe::enum_to_string(config.log_level, "info"));
        telemetry::configure_log("shop-auditor", level.value_or(telemetry::Level::info));
        telemetry::log_info("starting", {{"configuration", platform::config::describe(config)}});
        run(config);
        telemetry::flush_log();
        return 0;
    } catch (const platform::config::ConfigError& error) {
        std::fprintf(stderr, "shop-auditor: %s\n", error.what());
        return 2;
    } catch (const std::exception& error) {
        telemetry::log_error("shop-auditor failed", {{"reason", error.what()}});
        std::fprintf(stderr, "shop-auditor: %s\n", error.what());
        telemetry::flush_log();
    }
    return 1;
}
