#include "platform/service/periodic.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "platform/base/errors.hpp"
#include "platform/telemetry/log.hpp"

namespace platform::service {

namespace asio = boost::asio;

/// Only touched on the io_context's thread.
struct Periodic::Loop {
    PeriodicConfig config;
    Work work;
    telemetry::Counter& failures;
    asio::steady_timer timer;
    asio::steady_timer at_rest;
    bool stopped = false;
    bool running = false;
    std::int64_t failed_turns = 0;  // In a row.
    bool told_as_error = false;

    void halt() {
        stopped = true;
        timer.cancel();
    }
    void failed(const std::exception& error, bool may_pass) {
        failures.add();
        const bool told = failed_turns > 0 && (may_pass || told_as_error);
        ++failed_turns;
        if (told) return;
        told_as_error = !may_pass;
        const auto level = may_pass ? telemetry::Level::warn : telemetry::Level::error;
        telemetry::log(level, "background work failed and is tried again",
                       {{"work", config.name},
                        {"reason", error.what()},
                        {"again_ms", config.interval.count()},
                        {"meanwhile", config.meanwhile}});
    }
    void succeeded() {
        if (failed_turns > 0)
            telemetry::log_info("background work goes on",
                                {{"work", config.name}, {"failed_turns", failed_turns}});
        failed_turns = 0;
        told_as_error = false;
    }
};

Periodic::Periodic(asio::io_context& io, PeriodicConfig config, Work work, telemetry::Metrics& metrics)
    : loop_{std::make_shared<Loop>(
          Loop{.config = config,
               .work = std::move(work),
               .failures = metrics.counter("background_failures_total",
                                           "Turns of background work that failed.", {{"work", config.name}}),
               .timer = asio::steady_timer{io},
               .at_rest = asio::steady_timer{io}})} {}

Periodic::~Periodic() {
    asio::post(loop_->timer.get_executor(), [loop = loop_] { loop->halt(); });
}

const std::string& Periodic::name() const { return loop_->config.name; }

void Periodic::start() {
    if (loop_->stopped) return;
    loop_->running = true;
    asio::co_spawn(loop_->timer.get_executor(), run(loop_), asio::detached);
}

void Periodic::halt() { loop_->halt(); }

awaitable<bool> Periodic::stop(std::chrono::steady_clock::time_point deadline) {
    const auto loop = loop_;
    loop->halt();
    while (loop->running && std::chrono::steady_clock::now() < deadline) {
        boost::system::error_code rung;
        loop->at_rest.expires_at(deadline);
        co_await loop->at_rest.async_wait(asio::redirect_error(asio::use_awaitable, rung));
    }
    co_return !loop->running;
}

awaitable<void> Periodic::run(std::shared_ptr<Loop> loop) {
    while (!loop->stopped) {
        auto next = Next::after_interval;
        try {
            next = co_await loop->work();
            loop->succeeded();
        } catch (const Unavailable& error) {
            loop->failed(error, true);
        } catch (const std::exception& error) {
            loop->failed(error, false);
        }
        if (loop->stopped) break;
        if (next == Next::at_once) continue;
        boost::system::error_code cancelled;
        loop->timer.expires_after(loop->config.interval);
        co_await loop->timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    }
    loop->running = false;
    loop->at_rest.cancel();
}

}  // namespace platform::service
