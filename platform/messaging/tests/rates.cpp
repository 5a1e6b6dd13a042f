#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>

#include "platform/base/clock.hpp"
#include "platform/base/ids.hpp"
#include "platform/messaging/consumer.hpp"
#include "platform/messaging/outbox.hpp"
#include "platform/messaging/relay.hpp"
#include "platform/messaging/schema.hpp"
#include "platform/messaging/subscription.hpp"
#include "platform/messaging/tests/virtual_host.hpp"
#include "platform/testing/database.hpp"
#include "platform/testing/run.hpp"

/// Prints messages per second: published with confirms, consumed with acknowledgements, relayed from the
/// outbox.
namespace platform::messaging {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::size_t messages = 40'000;
constexpr std::size_t batch = 500;

struct Bench {
    Bench() {
        postgres::migrate(database.url(), platform_messaging_migrations());
        until([&] { return publisher.connected(); });
    }

    template <class Condition>
    void until(Condition holds) {
        platform::testing::run_until(io, holds, 120s);
    }
    template <class Work>
    void rate(const std::string& what, Work work) {
        const auto began = Clock::now();
        const std::clock_t processor = std::clock();
        work();
        const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
        const double own = static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC;
        std::printf("%-28s %8.0f/s %6.1f us of ours each\n", what.c_str(),
                    static_cast<double>(messages) / seconds, own / static_cast<double>(messages) * 1e6);
        std::fflush(stdout);
    }

    awaitable<void> publish_some(std::size_t count) {
        for (std::size_t sent = 0; sent < count; sent += batch) {
            std::vector<Envelope> envelopes;
            for (std::size_t i = 0; i < batch; ++i)
                envelopes.push_back({ids.next(), "Thing", "bench", "subject", SystemClock().now(), "", data});
            const auto outcomes = co_await publisher.publish(std::move(envelopes), 30s);
            done += static_cast<std::size_t>(std::ranges::count(outcomes, PublishOutcome::confirmed));
        }
    }
    void publish(std::size_t callers) {
        done = 0;
        for (std::size_t caller = 0; caller < callers; ++caller)
            boost::asio::co_spawn(io, publish_some(messages / callers), boost::asio::detached);
        until([&] { return done >= messages; });
    }

    awaitable<void> handle(std::vector<Message<int>> received) {
        done += received.size();
        co_return;
    }
    static awaitable<int> begin(Uuid) { co_return 0; }
    static awaitable<void> forgive(Uuid) { co_return; }
    void consume(std::size_t batch_max) {
        done = 0;
        Subscription<int> things("things", [this](auto received) { return handle(std::move(received)); });
        things.on("Thing", [](const Envelope&) { return 1; });
        Consumer consumer(io, host.config(), {.batch_max = batch_max, .prefetch = 2 * batch_max},
                          things.handlers(begin, forgive), metrics);
        consumer.start();
        until([&] { return done >= messages; });
        platform::testing::run(io, consumer.stop());
    }

    awaitable<void> fill() {
        for (std::size_t written = 0; written < messages; written += batch) {
            std::vector<OutboxRow> rows;
            for (std::size_t i = 0; i < batch; ++i)
                rows.push_back({ids.next(), "Thing", "subject", data, ""});
            auto tx = co_await pool.begin();
            write_outbox(tx, rows);
            co_await tx.commit();
        }
    }
    void relay(int flights) {
        Relay relay(io, pool, publisher, {.flights = flights}, metrics, "bench");
        const double before = confirmed.value();
        relay.start();
        until([&] { return confirmed.value() - before >= static_cast<double>(messages); });
        platform::testing::run(io, relay.stop());
    }
    void empty_queue() { host.manage("DELETE", "queues/" + host.name() + "/things/contents"); }

    VirtualHost host;
    platform::testing::Database database;
    boost::asio::io_context io{1};
    telemetry::Metrics metrics;
    RandomIds ids;
    postgres::Pool pool{io, postgres::PoolConfig{.url = database.url()}, metrics};
    Publisher publisher{io, host.config(), {{"things", {"Thing"}}}, {"Thing"}, metrics};
    telemetry::Counter& confirmed =
        metrics.counter("messages_published_total", "", {{"outcome", "confirmed"}});
    std::size_t done = 0;
    const std::string data = R"({"padding":")" + std::string(400, 'x') + "\"}";
};

void measure() {
    Bench bench;
    bench.rate("publish, 1 caller", [&] { bench.publish(1); });
    bench.empty_queue();
    bench.rate("publish, 4 callers", [&] { bench.publish(4); });
    bench.rate("consume, batches of 200", [&] { bench.consume(200); });
    bench.publish(4);
    bench.rate("consume, batches of 20", [&] { bench.consume(20); });
    for (const int flights : {1, 2, 3}) {
        platform::testing::run(bench.io, bench.fill(), 120s);
        bench.rate("relay, flights: " + std::to_string(flights), [&] { bench.relay(flights); });
        bench.empty_queue();
    }
}

}  // namespace
}  // namespace platform::messaging

int main() {
    try {
        platform::messaging::measure();
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    }
}
