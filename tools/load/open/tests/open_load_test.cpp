#include "tools/load/open/open_load.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>

#include "platform/base/ids.hpp"
#include "platform/contract/json.hpp"
#include "platform/http/server.hpp"
#include "platform/telemetry/metrics.hpp"
#include "platform/testing/run.hpp"

namespace shop::load {
namespace {

namespace http = platform::http;

/// Takes orders as the gateway does, and fails where it is told to.
class Till {
  public:
    Till(boost::asio::io_context& io, platform::telemetry::Metrics& metrics)
        : server_(
              io, {.host = "127.0.0.1", .port = 0},
              [this](http::Request request) { return take(std::move(request)); }, metrics) {
        server_.start();
    }

    std::string address() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }

    struct Instead {
        int status = 0;  // 0: the connection is closed.
        std::string body{};
    };
    std::map<int, Instead> instead;             // By the number of the request.
    std::map<std::string, std::string> orders;  // By key.
    bool forgets_keys = false;
    int requests = 0;

  private:
    platform::awaitable<http::Response> take(http::Request request) {
        const auto found = instead.find(++requests);
        if (found != instead.end()) {
            co_return http::Response{.status = found->second.status,
                                     .body = found->second.body,
                                     .headers = {{"Retry-After", "0"}}};
        }
        const std::string key{request.headers.find("Idempotency-Key").value_or("")};
        if (key.empty())
            co_return http::Response{.status = 200, .body = R"({"id":"x","status":"cancelled"})"};
        if (request.body.contains("Other Street")) co_return http::Response{.status = 422, .body = "{}"};
        auto& id = orders[key];
        if (id.empty() || forgets_keys) id = ids_.next().text();
        co_return http::Response{.status = 202, .body = R"({"id":")" + id + R"(","status":"pending"})"};
    }

    platform::RandomIds ids_;
    http::Server server_;
};

struct Line {
    std::string kind;
    std::string phase;
    std::int64_t op = 0;
    std::optional<std::string> order;
    std::optional<std::int64_t> status;
};
BOOST_DESCRIBE_STRUCT(Line, (), (kind, phase, op, order, status))

struct OpenLoad : testing::Test {
    OpenLoad() {
        options.gateway = till.address();
        options.history = testing::TempDir() + "/history-" + platform::RandomIds().next().text();
        options.rate = 1'000;
        options.seconds = 1;
    }
    ~OpenLoad() override { std::filesystem::remove(options.history); }

    OpenReport run() {
        return platform::testing::run(io, open_load(io, options, {{"u", "t"}}, {"A", "B", "C"}, stop));
    }

    Told ask(std::map<int, Till::Instead> instead) {
        till.instead = std::move(instead);
        http::Client client(io, {.base_url = till.address()});
        using std::chrono::milliseconds;
        return platform::testing::run(
            io, ask_until_known(client, {.method = "POST", .headers = {{"Idempotency-Key", "k"}}},
                                {.pauses = {milliseconds{1}, milliseconds{1}, milliseconds{1}}}));
    }

    std::vector<Line> history() const {
        std::ifstream file(options.history);
        std::vector<Line> lines;
        for (std::string text; std::getline(file, text);)
            lines.push_back(platform::contract::from_json<Line>(text).value());
        return lines;
    }

    // Connections that are still open end with the context and count that, so the metrics outlive it.
    platform::telemetry::Metrics metrics;
    boost::asio::io_context io;
    Till till{io, metrics};
    OpenOptions options;
    bool stop = false;
};

const std::string full = R"({"type":"/problems/too-many-pending","title":"x","status":503})";
const std::string away = R"({"type":"/problems/unavailable","title":"x","status":503})";

TEST_F(OpenLoad, a_request_is_done_with_the_first_success) {
    const auto told = ask({{1, {503, full}}, {2, {503, away}}, {3, {0}}});
    EXPECT_EQ(told.phase, Phase::ok);
    EXPECT_EQ(told.attempts, 4);
    EXPECT_EQ(told.status, 202);
    EXPECT_EQ(told.order, till.orders["k"]);
    EXPECT_EQ(told.outcome, "pending");
}

TEST_F(OpenLoad, what_was_never_admitted_has_failed) {
    const auto told = ask({{1, {503, full}}, {2, {503, full}}, {3, {429}}, {4, {503, full}}});
    EXPECT_EQ(told.phase, Phase::fail);
    EXPECT_EQ(told.attempts, 4);
}

TEST_F(OpenLoad, after_one_unknown_attempt_a_refusal_proves_nothing) {
    EXPECT_EQ(ask({{1, {503, away}}, {2, {503, full}}, {3, {503, full}}, {4, {503, full}}}).phase,
              Phase::info);
    till.requests = 0;
    EXPECT_EQ(ask({{1, {0}}, {2, {404}}}).phase, Phase::info);
    till.requests = 0;
    EXPECT_EQ(ask({{1, {404}}}).phase, Phase::fail);
}

TEST_F(OpenLoad, all_arrive_at_their_rate_and_everything_asked_for_is_in_the_history_twice) {
    const auto report = run();
    EXPECT_EQ(report.arrivals, 1'000);
    EXPECT_EQ(report.turned_away, 0);
    EXPECT_EQ(report.broken_promises, 0);
    EXPECT_EQ(report.ok, report.placed);
    EXPECT_EQ(report.ok, std::ssize(till.orders));
    EXPECT_GT(report.copies_same, 0);
    EXPECT_GT(report.keys_refused, 0);
    EXPECT_GT(report.reads, 0);
    std::set<std::int64_t> begun, ended;
    for (const auto& line : history())
        EXPECT_TRUE((line.phase == "invoke" ? begun : ended).insert(line.op).second);
    EXPECT_EQ(begun, ended);
    EXPECT_EQ(std::ssize(begun), report.placed + report.cancellations);
}

TEST_F(OpenLoad, two_orders_under_one_key_are_a_broken_promise_and_both_in_the_history) {
    till.forgets_keys = true;
    const auto report = run();
    EXPECT_GT(report.broken_promises, 0);
    EXPECT_THAT(report.examples.front(), testing::HasSubstr("and also order"));
    std::map<std::int64_t, std::set<std::string>> orders;
    bool two = false;
    for (const auto& line : history()) {
        if (line.kind != "place" || line.phase != "ok") continue;
        orders[line.op].insert(line.order.value());
        two = two || orders[line.op].size() == 2;
    }
    EXPECT_TRUE(two);
}

TEST_F(OpenLoad, can_be_stopped) {
    stop = true;
    EXPECT_EQ(run().arrivals, 0);
}

TEST_F(OpenLoad, files_that_make_no_sense_are_named) {
    EXPECT_THROW(read_accounts("/nowhere"), std::runtime_error);
    EXPECT_THROW(read_articles("/nowhere"), std::runtime_error);
}

}  // namespace
}  // namespace shop::load
