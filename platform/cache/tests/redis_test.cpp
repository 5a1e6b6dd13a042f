#include "platform/cache/redis.hpp"

#include <gtest/gtest.h>

#include "platform/base/ids.hpp"
#include "platform/cache/redis_url.hpp"
#include "platform/testing/run.hpp"
#include "platform/testing/tcp_gate.hpp"

namespace platform::cache {
namespace {

using namespace std::chrono_literals;
using Found = std::optional<std::string>;

RedisUrl server() {
    const char* url = std::getenv("SHOP_TEST_REDIS");
    if (url == nullptr) throw std::runtime_error("SHOP_TEST_REDIS must name a Redis to test with");
    return RedisUrl::parse(url);
}

/// A cache behind a gate, so that the connection to it can be cut and held.
struct RedisTest : ::testing::Test {
    template <class T>
    T run(awaitable<T> work) {
        return platform::testing::run(io, std::move(work));
    }
    /// Patient, because the machine may be busy; tests of the time-out have a cache of their own.
    RedisConfig config(std::chrono::milliseconds timeout = 5s) const {
        return {.url = "redis://127.0.0.1:" + std::to_string(gate.port()), .timeout = timeout, .pause = 20ms};
    }
    /// Asks until the cache answers again, as callers do.
    Found until_found(std::string wanted) {
        Found found;
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        while (!found && std::chrono::steady_clock::now() < deadline) found = run(redis.get(wanted));
        return found;
    }

    platform::testing::TcpGate gate{server().host, server().port};
    boost::asio::io_context io;
    telemetry::Metrics metrics;
    Redis redis{io, config(), metrics};
    RandomIds ids;
    const std::string key = "test:" + ids.next().text();
};

TEST_F(RedisTest, finds_what_was_kept_and_not_what_was_forgotten) {
    EXPECT_EQ(run(redis.get(key)), std::nullopt);
    run(redis.set(key, std::string("a\0b\r\n", 5), 60s));
    EXPECT_EQ(run(redis.get(key)), std::string("a\0b\r\n", 5));
    run(redis.forget(key));
    EXPECT_EQ(run(redis.get(key)), std::nullopt);
    EXPECT_EQ(gate.accepted(), 1u) << "one connection for all";
}

TEST_F(RedisTest, answers_many_at_once_each_with_its_own) {
    constexpr int callers = 50;
    int answered = 0;
    for (int i = 0; i < callers; ++i) run(redis.set(key + std::to_string(i), std::to_string(i), 60s));
    for (int i = 0; i < callers; ++i)
        boost::asio::co_spawn(io, redis.get(key + std::to_string(i)),
                              [&, i](std::exception_ptr, Found found) {
                                  EXPECT_EQ(found, std::to_string(i));
                                  ++answered;
                              });
    platform::testing::run_until(io, [&] { return answered == callers; });
}

TEST_F(RedisTest, does_not_keep_what_is_too_large) {
    run(redis.set(key, std::string(300 * 1024, 'x'), 60s));
    EXPECT_EQ(run(redis.get(key)), std::nullopt);
}

TEST_F(RedisTest, finds_nothing_while_it_is_away_and_comes_back_by_itself) {
    run(redis.set(key, "kept", 60s));
    gate.close();
    gate.cut();
    for (int i = 0; i < 10; ++i) EXPECT_EQ(run(redis.get(key)), std::nullopt);
    gate.open();
    EXPECT_EQ(until_found(key), "kept");
}

TEST_F(RedisTest, a_cache_that_hangs_costs_the_time_out) {
    Redis hasty{io, config(50ms), metrics};
    run(redis.set(key, "kept", 60s));
    gate.hold_replies();
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(run(hasty.get(key)), std::nullopt);
    EXPECT_GE(std::chrono::steady_clock::now() - began, 50ms);
    gate.release_replies();
    EXPECT_EQ(until_found(key), "kept");
}

TEST_F(RedisTest, after_failures_in_a_row_it_is_not_even_asked) {
    auto unforgiving = config(20ms);
    unforgiving.pause = 1h;
    Redis once{io, unforgiving, metrics};
    gate.hold_replies();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(run(once.get(key)), std::nullopt);
    platform::testing::run_until(io, [&] { return gate.accepted() == 3; });
    for (int i = 0; i < 10; ++i) EXPECT_EQ(run(once.get(key)), std::nullopt);
    EXPECT_EQ(gate.accepted(), 3u);
}

TEST_F(RedisTest, a_late_answer_is_nobodys) {
    Redis hasty{io, config(50ms), metrics};
    run(redis.set(key, "mine", 60s));
    gate.hold_replies();
    EXPECT_EQ(run(hasty.get(key)), std::nullopt);
    gate.release_replies();
    EXPECT_EQ(run(hasty.get(key + "other")), std::nullopt);
}

TEST_F(RedisTest, counts_what_came_of_reads) {
    run(redis.get(key));
    run(redis.set(key, "kept", 60s));
    run(redis.get(key));
    run(redis.stop());
    EXPECT_EQ(run(redis.get(key)), std::nullopt);
    for (const char* result : {"miss", "hit", "unavailable"})
        EXPECT_NE(metrics.text().find("cache_reads_total{result=\"" + std::string(result) + "\"} 1"),
                  std::string::npos)
            << metrics.text();
}

TEST_F(RedisTest, looks_a_host_name_up) {
    auto by_name = config();
    by_name.url = "redis://localhost:" + std::to_string(gate.port());
    Redis named{io, by_name, metrics};
    run(named.set(key, "kept", 60s));
    EXPECT_EQ(until_found(key), "kept");
}

TEST_F(RedisTest, keeps_databases_apart) {
    auto other = config();
    other.url += "/1";
    Redis elsewhere{io, other, metrics};
    run(elsewhere.set(key, "there", 60s));
    EXPECT_EQ(run(redis.get(key)), std::nullopt);
    EXPECT_EQ(run(elsewhere.get(key)), "there");
}

}  // namespace
}  // namespace platform::cache
