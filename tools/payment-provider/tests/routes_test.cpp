#include "tools/payment-provider/routes.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json.hpp>

#include "platform/http/client.hpp"
#include "platform/http/server.hpp"
#include "platform/testing/run.hpp"
#include "tools/payment-provider/tests/directory.hpp"

namespace shop::provider::testing {
namespace {

using ::testing::HasSubstr;
namespace http = platform::http;

constexpr auto test_key = "sk_test_simulated";

/// The whole server on a port of its own, called by the platform's client.
class RoutesTest : public ::testing::Test {
  protected:
    Directory directory;
    boost::asio::io_context io{1};
    platform::SystemClock clock;
    platform::RandomIds ids;
    platform::telemetry::Metrics metrics;
    Provider provider{clock, ids, {}};
    Journal journal{io, directory.log(), false, metrics};
    Routes routes{io, provider, journal, {.key = test_key, .slow = std::chrono::milliseconds(150)}, metrics};
    http::Server server{io, {.host = "127.0.0.1"}, routes.handler(), metrics};
    std::optional<http::Client> client;
    std::string authorization = std::string("Bearer ") + test_key;
    std::string content_type = "application/x-www-form-urlencoded";

    void SetUp() override {
        server.start();
        client.emplace(io,
                       http::ClientConfig{.base_url = "http://127.0.0.1:" + std::to_string(server.port())});
    }
    void TearDown() override {
        client.reset();
        server.stop();
        io.poll();
    }

    platform::awaitable<http::ClientResponse> sent(std::string method, std::string target, std::string body,
                                                   std::string key = {}) {
        http::ClientRequest request{
            .method = std::move(method), .target = std::move(target), .body = std::move(body)};
        if (!authorization.empty()) request.headers.emplace_back("Authorization", authorization);
        if (request.method == "POST") request.headers.emplace_back("Content-Type", content_type);
        if (!key.empty()) request.headers.emplace_back("Idempotency-Key", key);
        return client->send(std::move(request));
    }

    http::ClientResponse call(std::string method, std::string target, std::string body = {},
                              std::string key = {}) {
        return platform::testing::run(
            io, sent(std::move(method), std::move(target), std::move(body), std::move(key)));
    }

    std::string created(const std::string& method = "pm_card_visa") {
        const auto answer = call("POST", "/v1/payment_intents",
                                 "amount=1000&currency=eur&metadata[order_id]=o-1&payment_method=" + method);
        return text(answer, "id");
    }

    static std::string text(const http::ClientResponse& answer, std::string_view member) {
        const auto document = boost::json::parse(answer.body);
        const auto* found = document.as_object().if_contains(member);
        return found && found->is_string() ? std::string(found->get_string()) : answer.body;
    }

    std::vector<Effect> logged() {
        std::vector<Effect> effects;
        journal.replay([&](const Effect& effect) { effects.push_back(effect); });
        return effects;
    }
};

TEST_F(RoutesTest, a_payment_goes_from_creation_to_refund) {
    const auto id = created();
    const auto confirmed = call("POST", "/v1/payment_intents/" + id + "/confirm", "", "o-1:confirm");
    EXPECT_EQ(confirmed.status, 200);
    EXPECT_EQ(text(confirmed, "status"), "succeeded");
    EXPECT_EQ(confirmed.headers.find("Idempotency-Key"), "o-1:confirm");
    EXPECT_EQ(confirmed.headers.find("Idempotent-Replayed"), std::nullopt);
    EXPECT_EQ(confirmed.headers.find("Content-Type"), "application/json");
    const auto again = call("POST", "/v1/payment_intents/" + id + "/confirm", "", "o-1:confirm");
    EXPECT_EQ(again.headers.find("Idempotent-Replayed"), "true");
    EXPECT_EQ(again.body, confirmed.body);
    const auto refunded = call("POST", "/v1/refunds", "amount=400&payment_intent=" + id, "refund:o-1:1");
    EXPECT_EQ(refunded.status, 200);
    EXPECT_EQ(text(call("GET", "/v1/refunds/" + text(refunded, "id")), "status"), "succeeded");
    EXPECT_EQ(text(call("GET", "/v1/refunds?payment_intent=" + id), "object"), "list");
    EXPECT_EQ(text(call("GET", "/v1/payment_intents/" + id), "status"), "succeeded");
    EXPECT_EQ(call("POST", "/v1/payment_intents/" + id + "/cancel").status, 400);
    const auto effects = logged();
    ASSERT_EQ(effects.size(), 3u);
    EXPECT_EQ(effects[1].idempotency_key, "o-1:confirm");
    EXPECT_EQ(effects[2].amount, 400);
}

TEST_F(RoutesTest, the_secret_key_is_needed_as_bearer_or_as_user_name) {
    authorization = "Basic c2tfdGVzdF9zaW11bGF0ZWQ6";
    EXPECT_EQ(call("GET", "/v1/payment_intents/pi_none").status, 404);
    for (const auto* wrong : {"", "Bearer", "Bearer sk_test_other", "Basic c2tfdGVzdF9vdGhlcjo=", "Basic ???",
                              "Digest sk_test_simulated"}) {
        authorization = wrong;
        for (const auto* target : {"/v1/payment_intents/pi_none", "/_simulator/faults"}) {
            const auto refused = call("GET", target);
            EXPECT_EQ(refused.status, 401) << wrong;
            EXPECT_THAT(refused.body, HasSubstr("invalid_request_error"));
        }
    }
}

TEST_F(RoutesTest, health_and_metrics_need_no_key) {
    authorization.clear();
    EXPECT_EQ(call("GET", "/health/live").status, 200);
    EXPECT_EQ(call("GET", "/health/ready").status, 200);
    EXPECT_THAT(call("GET", "/metrics").body, HasSubstr("provider_effects_total{event=\"charged\"} 0"));
    routes.announce_drain();
    EXPECT_EQ(call("GET", "/health/ready").status, 503);
}

TEST_F(RoutesTest, what_is_not_understood_is_said_to_be_so) {
    for (const auto& [method, target] : {std::pair{"GET", "/"},
                                         {"GET", "/v1"},
                                         {"GET", "/v1/payment_intents"},
                                         {"POST", "/v1/payment_intents/pi_1"},
                                         {"GET", "/v1/payment_intents/pi_1/confirm"},
                                         {"POST", "/v1/charges"},
                                         {"DELETE", "/v1/refunds/re_1"},
                                         {"GET", "/_simulator/log"}}) {
        const auto answer = call(method, target);
        EXPECT_EQ(answer.status, 404) << method << target;
        EXPECT_THAT(answer.body, HasSubstr("Unrecognized request URL"));
    }
    EXPECT_EQ(call("POST", "/v1/payment_intents", "amount=%").status, 400);
    content_type = "application/json";
    EXPECT_EQ(call("POST", "/v1/payment_intents", "{}").status, 400);
    content_type = "application/x-www-form-urlencoded; charset=utf-8";
    EXPECT_EQ(call("POST", "/v1/payment_intents", "amount=1&currency=eur", std::string(256, 'k')).status,
              400);
    EXPECT_EQ(call("POST", "/v1/payment_intents", "amount=1&currency=eur", std::string(255, 'k')).status,
              200);
}

TEST_F(RoutesTest, a_lost_answer_closes_the_connection_after_the_effect_is_in_the_log) {
    const auto id = created("pm_sim_answerLost");
    const auto confirm = "/v1/payment_intents/" + id + "/confirm";
    try {
        call("POST", confirm, "", "key");
        FAIL() << "was answered";
    } catch (const http::TransportError& error) {
        EXPECT_TRUE(error.sent);
    }
    ASSERT_EQ(logged().size(), 2u);
    EXPECT_EQ(logged()[1].event, Event::charged);
    EXPECT_EQ(text(call("POST", confirm, "", "key"), "status"), "succeeded");
}

TEST_F(RoutesTest, a_slow_answer_holds_its_key_and_stops_nobody_else) {
    const auto id = created("pm_sim_slow");
    const auto confirm = "/v1/payment_intents/" + id + "/confirm";
    std::optional<http::ClientResponse> slow;
    boost::asio::co_spawn(io, sent("POST", confirm, "", "key"),
                          [&](std::exception_ptr, http::ClientResponse answer) { slow = std::move(answer); });
    platform::testing::run_until(io, [&] { return provider.last_sequence() == 2; });
    EXPECT_EQ(call("POST", confirm, "", "key").status, 409);
    EXPECT_EQ(text(call("GET", "/v1/payment_intents/" + id), "status"), "succeeded");
    EXPECT_FALSE(slow);
    platform::testing::run_until(io, [&] { return slow.has_value(); });
    EXPECT_EQ(text(*slow, "status"), "succeeded");
    EXPECT_EQ(call("POST", confirm, "", "key").body, slow->body);
}

TEST_F(RoutesTest, faults_are_planned_while_it_runs) {
    content_type = "application/json";
    EXPECT_EQ(call("POST", "/_simulator/faults", R"({"faults": {"create": {"late": 1}}})").status, 400);
    EXPECT_EQ(
        call("POST", "/_simulator/faults", R"({"seed": 4, "faults": {"create": {"error": 1.0}}})").status,
        200);
    EXPECT_EQ(call("GET", "/_simulator/faults").body, provider.faults().text());
    content_type = "application/x-www-form-urlencoded";
    EXPECT_EQ(call("POST", "/v1/payment_intents", "amount=1&currency=eur", "key").status, 500);
    content_type = "application/json";
    EXPECT_EQ(call("POST", "/_simulator/faults", "{}").status, 200);
    content_type = "application/x-www-form-urlencoded";
    const auto again = call("POST", "/v1/payment_intents", "amount=1&currency=eur", "key");
    EXPECT_EQ(again.status, 500);
    EXPECT_EQ(again.headers.find("Idempotent-Replayed"), "true");
    EXPECT_EQ(call("POST", "/v1/payment_intents", "amount=1&currency=eur", "other").status, 200);
}

}  // namespace
}  // namespace shop::provider::testing
