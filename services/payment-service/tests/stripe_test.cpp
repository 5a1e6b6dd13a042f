#include "services/payment-service/app/infrastructure/stripe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace shop::payment {
namespace {

using testing::Pair;
using testing::UnorderedElementsAre;

const OrderId order = *OrderId::parse("0192f3a4-5b6c-7d8e-9f00-112233445566");
const Money total{2500, {"EUR"}};
const Create create{order.text(), total, "pm_card_visa", order};
const Confirm confirm{order.text() + ":confirm", "pi_1"};
const Read look{"pi_1"};
const Cancel cancel{"pi_1"};
const Refund refund{"refund:" + order.text() + ":0", "pi_1", total, order};
const std::vector<Call> every_call{create, confirm, look, cancel, refund};

/// What was understood, in one word and its detail.
std::string said(const Call& call, int status, std::string_view body) {
    struct Name {
        std::string operator()(const Created& one) const { return "created " + one.provider_id; }
        std::string operator()(const Charged&) const { return "charged"; }
        std::string operator()(const Declined& one) const { return "declined " + one.code; }
        std::string operator()(const NotCharged&) const { return "not charged"; }
        std::string operator()(const Cancelled&) const { return "cancelled"; }
        std::string operator()(const Refunded& one) const { return "refunded " + one.refund_id; }
        std::string operator()(const RefundRefused& one) const { return "refund refused " + one.code; }
        std::string operator()(const Unknown&) const { return "unknown"; }
    };
    return std::visit(Name{}, answer_of(call, status, body));
}
std::string intent(std::string status, std::string more = "") {
    return R"({"id":"pi_1","amount":2500,"amount_received":)" +
           std::string(status == "succeeded" ? "2500" : "0") + R"(,"currency":"eur","status":")" + status +
           "\"" + more + "}";
}
std::string error(std::string type, std::string code, std::string decline = "") {
    return R"({"error":{"type":")" + type + R"(","code":")" + code + "\"" +
           (decline.empty() ? "" : R"(,"decline_code":")" + decline + "\"") + "}}";
}

TEST(Stripe, sends_each_call_with_its_key_and_nothing_about_cards) {
    auto request = request_of(create);
    EXPECT_EQ(request.method + " " + request.target, "POST /v1/payment_intents");
    EXPECT_EQ(request.body,
              "amount=2500&currency=eur&payment_method=pm_card_visa&"
              "payment_method_types%5B%5D=card&metadata%5Border_id%5D=" +
                  order.text());
    EXPECT_THAT(request.headers,
                UnorderedElementsAre(Pair("Content-Type", "application/x-www-form-urlencoded"),
                                     Pair("Idempotency-Key", order.text())));
    request = request_of(confirm);
    EXPECT_EQ(request.method + " " + request.target, "POST /v1/payment_intents/pi_1/confirm");
    EXPECT_THAT(request.headers, testing::Contains(Pair("Idempotency-Key", order.text() + ":confirm")));
    request = request_of(look);
    EXPECT_EQ(request.method + " " + request.target,
              "GET /v1/payment_intents/pi_1?expand%5B%5D=latest_charge");
    request = request_of(cancel);
    EXPECT_EQ(request.method + " " + request.target, "POST /v1/payment_intents/pi_1/cancel");
    request = request_of(refund);
    EXPECT_EQ(request.method + " " + request.target, "POST /v1/refunds");
    EXPECT_EQ(request.body, "payment_intent=pi_1&amount=2500&metadata%5Border_id%5D=" + order.text());
    EXPECT_THAT(request.headers, testing::Contains(Pair("Idempotency-Key", "refund:" + order.text() + ":0")));
}

TEST(Stripe, encodes_what_it_was_given) {
    EXPECT_EQ(request_of(Confirm{"key", "pi/../x?"}).target, "/v1/payment_intents/pi%2F..%2Fx%3F/confirm");
    EXPECT_THAT(request_of(Create{"key", total, "pm&amount=1", order}).body,
                testing::HasSubstr("payment_method=pm%26amount%3D1&"));
}

TEST(Stripe, understands_a_payment_intent_in_every_state) {
    EXPECT_EQ(said(create, 200, intent("requires_confirmation")), "created pi_1");
    for (const Call& call : std::vector<Call>{confirm, look, cancel}) {
        EXPECT_EQ(said(call, 200, intent("succeeded")), "charged");
        EXPECT_EQ(said(call, 200, intent("canceled")), "cancelled");
        EXPECT_EQ(said(call, 200, intent("requires_confirmation")), "not charged");
        EXPECT_EQ(said(call, 200, intent("requires_action")), "not charged");
        EXPECT_EQ(said(call, 200, intent("requires_payment_method")), "not charged");
        EXPECT_EQ(said(call, 200, intent("processing")), "unknown");
        EXPECT_EQ(said(call, 200, intent("requires_capture")), "unknown");
    }
    EXPECT_EQ(std::get<NotCharged>(answer_of(confirm, 200, intent("requires_action"))).code,
              "authentication_required");
    EXPECT_EQ(said(look, 200,
                   intent("requires_payment_method",
                          R"(,"last_payment_error":{"code":"card_declined","decline_code":"lost_card"})")),
              "declined lost_card");
}

TEST(Stripe, reads_a_refund_off_the_charge) {
    const auto charge = [](int refunded) {
        return R"(,"latest_charge":{"id":"ch_1","amount_refunded":)" + std::to_string(refunded) + "}";
    };
    EXPECT_EQ(said(look, 200, intent("succeeded", charge(2500))), "refunded ch_1");
    EXPECT_EQ(said(look, 200, intent("succeeded", charge(2499))), "charged");
    EXPECT_EQ(said(look, 200, intent("succeeded", R"(,"latest_charge":"ch_1")")), "charged");
    EXPECT_EQ(said(look, 200, intent("succeeded", R"(,"latest_charge":{})")), "charged");
}

TEST(Stripe, takes_only_card_errors_for_declines) {
    EXPECT_EQ(said(confirm, 402, error("card_error", "card_declined", "insufficient_funds")),
              "declined insufficient_funds");
    EXPECT_EQ(said(confirm, 402, error("card_error", "expired_card")), "declined expired_card");
    EXPECT_EQ(said(confirm, 402, R"({"error":{"type":"card_error"}})"), "declined declined");
    EXPECT_EQ(said(confirm, 402, error("api_error", "")), "unknown");
    EXPECT_EQ(said(confirm, 400, error("invalid_request_error", "payment_intent_unexpected_state")),
              "unknown");
    EXPECT_EQ(said(cancel, 400, error("invalid_request_error", "payment_intent_unexpected_state")),
              "unknown");
    EXPECT_EQ(said(look, 404, error("invalid_request_error", "resource_missing")), "unknown");
}

TEST(Stripe, takes_a_creation_that_is_refused_as_invalid_for_a_decline) {
    EXPECT_EQ(said(create, 400, error("invalid_request_error", "amount_too_large")),
              "declined amount_too_large");
    EXPECT_EQ(said(create, 404, error("invalid_request_error", "resource_missing")),
              "declined resource_missing");
    EXPECT_EQ(said(create, 400, error("idempotency_error", "")), "unknown");
    EXPECT_EQ(said(create, 401, error("invalid_request_error", "")), "unknown");
}

TEST(Stripe, does_not_know_what_a_busy_or_broken_provider_means) {
    for (const auto& call : every_call)
        for (const int status : {301, 401, 403, 409, 429, 500, 502, 503, 504}) {
            EXPECT_EQ(said(call, status, error("api_error", "lock_timeout")), "unknown") << status;
            EXPECT_EQ(said(call, status, error("card_error", "card_declined")), "unknown") << status;
            EXPECT_EQ(said(call, status, "<html>Bad gateway</html>"), "unknown") << status;
        }
}

TEST(Stripe, does_not_believe_garbage) {
    for (const auto& call : every_call)
        for (const auto* body : {"", "null", "[]", "7", "{}", "{\"id\":", R"({"id":7,"status":true})",
                                 R"({"error":"no"})", "\xff\xfe", R"({"id":"pi_1","status":"succeeded"})",
                                 R"({"id":"pi_1","status":"succeeded","amount":-1,"amount_received":-1})"})
            for (const int status : {200, 400, 402})
                EXPECT_EQ(said(call, status, body), "unknown") << status << " " << body;
}

TEST(Stripe, believes_an_answer_only_about_the_right_payment_and_the_right_amount) {
    EXPECT_EQ(said(create, 200, R"({"id":"pi_1","amount":2501,"currency":"eur"})"), "unknown");
    EXPECT_EQ(said(create, 200, R"({"id":"pi_1","amount":2500,"currency":"usd"})"), "unknown");
    EXPECT_EQ(said(create, 200, R"({"amount":2500,"currency":"eur"})"), "unknown");
    const std::string other =
        R"({"id":"pi_2","amount":2500,"amount_received":2500,"currency":"eur","status":"succeeded"})";
    const std::string less = R"({"id":"pi_1","amount":2500,"amount_received":2499,"status":"succeeded"})";
    for (const Call& call : std::vector<Call>{confirm, look, cancel}) {
        EXPECT_EQ(said(call, 200, other), "unknown");
        EXPECT_EQ(said(call, 200, less), "unknown");
    }
}

TEST(Stripe, understands_a_refund_in_every_state) {
    const auto body = [](std::string status, std::string id = "pi_1", int amount = 2500) {
        return R"({"id":"re_1","payment_intent":")" + id + R"(","amount":)" + std::to_string(amount) +
               R"(,"failure_reason":"lost_or_stolen_card","status":")" + status + "\"}";
    };
    EXPECT_EQ(said(refund, 200, body("succeeded")), "refunded re_1");
    EXPECT_EQ(said(refund, 200, body("pending")), "unknown");
    EXPECT_EQ(said(refund, 200, body("requires_action")), "unknown");
    EXPECT_EQ(said(refund, 200, body("failed")), "refund refused lost_or_stolen_card");
    EXPECT_EQ(said(refund, 200, body("canceled")), "refund refused lost_or_stolen_card");
    EXPECT_EQ(said(refund, 200, body("succeeded", "pi_2")), "unknown");
    EXPECT_EQ(said(refund, 200, body("succeeded", "pi_1", 100)), "unknown");
    EXPECT_EQ(said(refund, 400, error("invalid_request_error", "charge_already_refunded")),
              "refunded already");
    EXPECT_EQ(said(refund, 400, error("invalid_request_error", "charge_disputed")),
              "refund refused charge_disputed");
    EXPECT_EQ(said(refund, 404, error("invalid_request_error", "")), "refund refused invalid_request_error");
}

}  // namespace
}  // namespace shop::payment
