#include "tools/load/load.hpp"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "platform/base/ids.hpp"
#include "platform/http/server.hpp"
#include "platform/telemetry/metrics.hpp"
#include "platform/testing/run.hpp"

namespace shop::load {
namespace {

namespace http = platform::http;

/// Takes orders as order-service does, and fails where it is told to.
class Till {
  public:
    Till(boost::asio::io_context& io, platform::telemetry::Metrics& metrics)
        : server_(
              io, {.host = "127.0.0.1", .port = 0},
              [this](http::Request request) { return take(std::move(request)); }, metrics) {
        server_.start();
    }

    std::string address() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }

    std::map<int, int> answers_instead;  // The how manieth request gets which status instead; 0: none at all.
    std::string retry_after = "0";
    std::multiset<std::string> keys;
    std::set<std::string> tokens;

  private:
    platform::awaitable<http::Response> take(http::Request request) {
        keys.emplace(request.headers.find("Idempotency-Key").value_or("none"));
        tokens.emplace(request.headers.find("Authorization").value_or("none"));
        const auto instead = answers_instead.find(++requests_);
        http::Response response{.status = 202, .body = "{}", .headers = {{"Retry-After", retry_after}}};
        if (instead != answers_instead.end()) {
            response.status = instead->second;
        } else {
            response.headers.emplace_back("Location", "/api/v1/orders/" + ids_.next().text());
        }
        co_return response;
    }

    platform::RandomIds ids_;
    int requests_ = 0;
    http::Server server_;
};

class Load : public testing::Test {
  protected:
    LoadResult run(std::int64_t orders, std::int64_t clients) {
        OrderBook book({.lines_max = 1}, orders, 1, {"A"}, "run");
        return platform::testing::run(
            io, run_load(io, {one.address(), two.address()}, {"x", "y"}, clients, book));
    }

    // Connections that are still open end with the context and count that, so the metrics outlive it.
    platform::telemetry::Metrics metrics;
    boost::asio::io_context io;
    Till one{io, metrics};
    Till two{io, metrics};
};

TEST_F(Load, sends_every_order_once_and_spreads_clients_over_replicas_and_customers) {
    const auto load = run(40, 8);
    EXPECT_EQ(load.tally.ids.size(), 40u);
    EXPECT_EQ(load.tally.accepted_after.count(), 40u);
    EXPECT_EQ((std::set<platform::Uuid>(load.tally.ids.begin(), load.tally.ids.end()).size()), 40u);
    EXPECT_EQ(one.keys.size() + two.keys.size(), 40u);
    EXPECT_GT(one.keys.size(), 0u);
    EXPECT_GT(two.keys.size(), 0u);
    one.tokens.merge(two.tokens);
    EXPECT_THAT(one.tokens, testing::ElementsAre("Bearer x", "Bearer y"));
    EXPECT_TRUE(load.tally.errors.empty());
}

TEST_F(Load, waits_as_it_is_told_and_sends_the_order_again_under_its_key) {
    one.answers_instead = {{1, 503}, {2, 503}};
    const auto load = run(5, 1);
    EXPECT_EQ(load.tally.ids.size(), 5u);
    EXPECT_EQ(load.tally.waited, 2);
    EXPECT_EQ(load.tally.errors.at(503), 2);
    EXPECT_EQ(one.keys.count("run-1"), 3u);
}

TEST_F(Load, sends_an_order_again_whose_connection_broke) {
    one.answers_instead = {{2, 0}};
    const auto load = run(5, 1);
    EXPECT_EQ(load.tally.ids.size(), 5u);
    EXPECT_EQ(load.tally.broken, 1);
    EXPECT_EQ(one.keys.count("run-2"), 2u);
}

TEST_F(Load, gives_up_what_is_refused_for_good) {
    one.answers_instead = {{3, 422}};
    const auto load = run(5, 1);
    EXPECT_EQ(load.tally.ids.size(), 4u);
    EXPECT_EQ(load.tally.given_up, 1);
    EXPECT_EQ(load.tally.errors.at(422), 1);
}

}  // namespace
}  // namespace shop::load
