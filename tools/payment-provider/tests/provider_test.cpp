#include <gmock/gmock.h>

#include "tools/payment-provider/tests/fixture.hpp"

namespace shop::provider::testing {
namespace {

using ::testing::ElementsAre;

TEST_F(ProviderTest, create_gives_an_intent_that_is_not_confirmed) {
    const auto reply = create();
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(text(reply, "/object"), "payment_intent");
    EXPECT_EQ(text(reply, "/status"), "requires_confirmation");
    EXPECT_EQ(text(reply, "/amount"), "1000");
    EXPECT_EQ(text(reply, "/amount_received"), "0");
    EXPECT_EQ(text(reply, "/currency"), "eur");
    EXPECT_EQ(text(reply, "/payment_method"), "pm_card_visa");
    EXPECT_EQ(text(reply, "/metadata/order_id"), "order-1");
    EXPECT_EQ(text(reply, "/latest_charge"), "null");
    EXPECT_EQ(text(reply, "/created"), "1700000000");
    EXPECT_EQ(text(reply, "/id").substr(0, 3), "pi_");
}

TEST_F(ProviderTest, an_intent_without_a_method_waits_for_one) {
    const auto reply = call(CallKind::create, "", "amount=5&currency=USD");
    EXPECT_EQ(text(reply, "/status"), "requires_payment_method");
    EXPECT_EQ(text(reply, "/currency"), "usd");
    const auto id = text(reply, "/id");
    EXPECT_EQ(text(confirm(id), "/error/code"), "payment_intent_unexpected_state");
    EXPECT_EQ(text(call(CallKind::confirm, id, "payment_method=pm_card_amex"), "/status"), "succeeded");
}

TEST_F(ProviderTest, confirm_charges_the_card) {
    const auto id = created();
    const auto reply = confirm(id);
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(text(reply, "/status"), "succeeded");
    EXPECT_EQ(text(reply, "/amount_received"), "1000");
    EXPECT_EQ(text(reply, "/latest_charge").substr(0, 3), "ch_");
    EXPECT_THAT(events(), ElementsAre("created", "charged"));
    EXPECT_EQ(log[1].order_id, "order-1");
    EXPECT_EQ(log[1].amount, 1000);
    EXPECT_EQ(log[1].charge, text(reply, "/latest_charge"));
    EXPECT_EQ(log[1].sequence, 2);
}

TEST_F(ProviderTest, the_charge_can_be_seen_in_the_intent) {
    const auto id = paid();
    refund(id, "&amount=300");
    const auto reply = call(CallKind::retrieve, id, "expand%5B%5D=latest_charge");
    EXPECT_EQ(text(reply, "/latest_charge/object"), "charge");
    EXPECT_EQ(text(reply, "/latest_charge/amount_refunded"), "300");
    EXPECT_EQ(text(reply, "/latest_charge/refunded"), "false");
    EXPECT_EQ(text(reply, "/latest_charge/paid"), "true");
}

struct Decline {
    std::string_view token, code, decline_code;
};

class Declines : public ProviderTest, public ::testing::WithParamInterface<Decline> {};

TEST_P(Declines, a_declined_card_is_a_card_error_with_the_intent_in_it) {
    const auto id = created(GetParam().token);
    const auto reply = confirm(id);
    EXPECT_EQ(reply.status, 402);
    EXPECT_EQ(text(reply, "/error/type"), "card_error");
    EXPECT_EQ(text(reply, "/error/code"), GetParam().code);
    EXPECT_EQ(text(reply, "/error/decline_code"), GetParam().decline_code);
    EXPECT_EQ(text(reply, "/error/payment_intent/id"), id);
    EXPECT_EQ(text(reply, "/error/payment_intent/status"), "requires_payment_method");
    EXPECT_EQ(text(reply, "/error/payment_intent/last_payment_error/code"), GetParam().code);
    EXPECT_THAT(events(), ElementsAre("created", "declined"));
    // Another card may still pay.
    const auto second = call(CallKind::confirm, id, "payment_method=pm_card_visa");
    EXPECT_EQ(text(second, "/status"), "succeeded");
    EXPECT_EQ(text(second, "/last_payment_error"), "null");
}

INSTANTIATE_TEST_SUITE_P(
    Cards, Declines,
    ::testing::Values(
        Decline{"pm_card_chargeDeclined", "card_declined", "generic_decline"},
        Decline{"pm_card_visa_chargeDeclined", "card_declined", "generic_decline"},
        Decline{"pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"},
        Decline{"pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"},
        Decline{"pm_card_chargeDeclinedStolenCard", "card_declined", "stolen_card"},
        Decline{"pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"},
        Decline{"pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"},
        Decline{"pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"}));

TEST_F(ProviderTest, a_card_that_asks_for_its_holder_is_not_charged) {
    const auto id = created("pm_card_authenticationRequired");
    const auto reply = confirm(id);
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(text(reply, "/status"), "requires_action");
    EXPECT_EQ(text(reply, "/next_action/type"), "use_stripe_sdk");
    EXPECT_EQ(text(reply, "/amount_received"), "0");
    EXPECT_EQ(text(reply, "/latest_charge"), "null");
    EXPECT_EQ(text(retrieve(id), "/status"), "requires_action");
    EXPECT_EQ(text(call(CallKind::cancel, id, ""), "/status"), "canceled");
    EXPECT_EQ(text(retrieve(id), "/next_action"), "null");
    EXPECT_THAT(events(), ElementsAre("created", "requires_action", "canceled"));
}

TEST_F(ProviderTest, what_has_succeeded_is_neither_confirmed_again_nor_canceled) {
    const auto id = paid();
    for (const auto kind : {CallKind::confirm, CallKind::cancel}) {
        const auto reply = call(kind, id, "");
        EXPECT_EQ(reply.status, 400);
        EXPECT_EQ(text(reply, "/error/code"), "payment_intent_unexpected_state");
        EXPECT_EQ(text(reply, "/error/payment_intent/status"), "succeeded");
    }
    EXPECT_THAT(events(), ElementsAre("created", "charged"));
}

TEST_F(ProviderTest, what_is_canceled_can_never_be_charged) {
    const auto id = created();
    const auto reply = call(CallKind::cancel, id, "cancellation_reason=abandoned");
    EXPECT_EQ(text(reply, "/status"), "canceled");
    EXPECT_EQ(text(reply, "/cancellation_reason"), "abandoned");
    EXPECT_EQ(text(reply, "/canceled_at"), "1700000000");
    EXPECT_EQ(text(confirm(id), "/error/code"), "payment_intent_unexpected_state");
    EXPECT_EQ(call(CallKind::cancel, id, "").status, 400);
    EXPECT_THAT(events(), ElementsAre("created", "canceled"));
}

TEST_F(ProviderTest, a_payment_in_processing_is_charged_after_a_while) {
    const auto id = created("pm_sim_processing");
    EXPECT_EQ(text(confirm(id), "/status"), "processing");
    EXPECT_EQ(text(confirm(id), "/error/code"), "payment_intent_unexpected_state");
    clock.time += std::chrono::milliseconds(1'999);
    EXPECT_EQ(text(retrieve(id), "/status"), "processing");
    clock.time += std::chrono::milliseconds(1);
    EXPECT_EQ(text(retrieve(id), "/status"), "succeeded");
    EXPECT_THAT(events(), ElementsAre("created", "processing", "charged"));
    EXPECT_EQ(log[1].charge, log[2].charge);
}

TEST_F(ProviderTest, a_payment_that_is_canceled_in_processing_is_never_charged) {
    const auto id = created("pm_sim_processing");
    confirm(id);
    EXPECT_EQ(text(call(CallKind::cancel, id, ""), "/status"), "canceled");
    clock.time += std::chrono::minutes(1);
    EXPECT_TRUE(provider.settle().empty());
    EXPECT_EQ(text(retrieve(id), "/status"), "canceled");
}

TEST_F(ProviderTest, refunds_add_up_to_the_charge_and_no_further) {
    const auto id = paid();
    const auto first = refund(id, "&amount=300&reason=requested_by_customer&metadata[n]=1");
    EXPECT_EQ(text(first, "/object"), "refund");
    EXPECT_EQ(text(first, "/amount"), "300");
    EXPECT_EQ(text(first, "/status"), "succeeded");
    EXPECT_EQ(text(first, "/payment_intent"), id);
    EXPECT_EQ(text(first, "/metadata/n"), "1");
    const auto over = refund(id, "&amount=701");
    EXPECT_EQ(over.status, 400);
    EXPECT_EQ(text(over, "/error/message"),
              "Refund amount (7.01 eur) is greater than unrefunded amount on charge (7.00 eur)");
    const auto rest = refund(id);
    EXPECT_EQ(text(rest, "/amount"), "700");
    EXPECT_EQ(text(refund(id), "/error/code"), "charge_already_refunded");
    EXPECT_EQ(text(call(CallKind::retrieve_refund, text(first, "/id"), ""), "/amount"), "300");
    const auto all = call(CallKind::list_refunds, "", "payment_intent=" + id);
    EXPECT_EQ(text(all, "/object"), "list");
    EXPECT_EQ(text(all, "/data/0/id"), text(rest, "/id"));
    EXPECT_EQ(text(all, "/data/1/id"), text(first, "/id"));
    EXPECT_THAT(events(), ElementsAre("created", "charged", "refunded", "refunded"));
    EXPECT_EQ(log[2].order_id, "order-1");
}

TEST_F(ProviderTest, what_was_not_charged_is_not_refunded) {
    EXPECT_EQ(text(refund(created()), "/error/code"), "payment_intent_unexpected_state");
    EXPECT_EQ(text(refund("pi_none"), "/error/code"), "resource_missing");
    EXPECT_EQ(text(call(CallKind::refund, "", ""), "/error/code"), "parameter_missing");
}

TEST_F(ProviderTest, a_refund_can_be_refused_for_good) {
    const auto id = paid("pm_sim_refundRefused");
    for (int attempt = 0; attempt < 3; ++attempt) {
        const auto reply = refund(id, "", "refund:" + std::to_string(attempt));
        EXPECT_EQ(reply.status, 400);
        EXPECT_EQ(text(reply, "/error/code"), "charge_disputed");
    }
}

TEST_F(ProviderTest, what_does_not_exist_is_404) {
    for (const auto kind :
         {CallKind::confirm, CallKind::cancel, CallKind::retrieve, CallKind::retrieve_refund}) {
        const auto reply = call(kind, "pi_none", "");
        EXPECT_EQ(reply.status, 404);
        EXPECT_EQ(text(reply, "/error/code"), "resource_missing");
    }
}

struct Mistake {
    std::string_view parameters, param, code;
};

TEST_F(ProviderTest, parameters_are_checked) {
    for (const auto& [parameters, param, code] : {
             Mistake{"currency=eur", "amount", "parameter_missing"},
             Mistake{"amount=1", "currency", "parameter_missing"},
             Mistake{"amount=&currency=eur", "amount", "parameter_missing"},
             Mistake{"amount=1.5&currency=eur", "amount", "parameter_invalid_integer"},
             Mistake{"amount=-1&currency=eur", "amount", "parameter_invalid_integer"},
             Mistake{"amount=0&currency=eur", "amount", "parameter_invalid_integer"},
             Mistake{"amount=99999999999999999999&currency=eur", "amount", "parameter_invalid_integer"},
             Mistake{"amount=100000000&currency=eur", "amount", "amount_too_large"},
             Mistake{"amount=1&currency=euro", "currency", ""},
             Mistake{"amount=1&currency=eur&payment_method=pm_none", "payment_method", "resource_missing"},
             Mistake{"amount=1&currency=eur&confirm=true", "confirm", ""},
             Mistake{"amount=1&currency=eur&card_number=42", "card_number", "parameter_unknown"},
         }) {
        const auto reply = call(CallKind::create, "", parameters);
        EXPECT_EQ(reply.status, 400) << parameters;
        EXPECT_EQ(text(reply, "/error/type"), "invalid_request_error");
        EXPECT_EQ(text(reply, "/error/param"), param) << parameters;
        if (!code.empty()) EXPECT_EQ(text(reply, "/error/code"), code) << parameters;
    }
    EXPECT_TRUE(log.empty());
}

TEST_F(ProviderTest, a_lost_answer_has_charged_and_a_repetition_finds_it) {
    const auto id = created("pm_sim_answerLost");
    const auto lost = confirm(id, "key");
    EXPECT_EQ(lost.delivery, Delivery::never);
    EXPECT_THAT(events(), ElementsAre("created", "charged"));
    const auto again = confirm(id, "key");
    EXPECT_EQ(again.delivery, Delivery::at_once);
    EXPECT_EQ(text(again, "/status"), "succeeded");
    EXPECT_TRUE(again.replayed);
    EXPECT_EQ(log.size(), 2u);
}

TEST_F(ProviderTest, an_error_may_or_may_not_have_charged) {
    const auto charged = created("pm_sim_errorCharged"), not_charged = created("pm_sim_errorNotCharged");
    for (const auto& id : {charged, not_charged}) {
        for (int attempt = 0; attempt < 3; ++attempt) {
            const auto reply = confirm(id, "confirm:" + id);
            EXPECT_EQ(reply.status, 500);
            EXPECT_EQ(text(reply, "/error/type"), "api_error");
        }
    }
    EXPECT_EQ(text(retrieve(charged), "/status"), "succeeded");
    EXPECT_EQ(text(retrieve(not_charged), "/status"), "requires_confirmation");
    EXPECT_EQ(text(call(CallKind::cancel, not_charged, ""), "/status"), "canceled");
}

TEST_F(ProviderTest, planned_faults_do_or_do_not_do_what_was_asked) {
    plan(R"({"faults": {"create": {"error": 1}}})");
    EXPECT_EQ(create().status, 500);
    EXPECT_EQ(provider.intents(), 0u);
    plan(R"({"faults": {"create": {"error_done": 1}}})");
    EXPECT_EQ(create("pm_card_visa", "a").status, 500);
    EXPECT_EQ(provider.intents(), 1u);
    plan(R"({"faults": {"create": {"dropped": 1}}})");
    EXPECT_EQ(create("pm_card_visa", "b").delivery, Delivery::never);
    EXPECT_EQ(provider.intents(), 1u);
    plan(R"({"faults": {"create": {"lost": 1}}})");
    EXPECT_EQ(create("pm_card_visa", "c").delivery, Delivery::never);
    EXPECT_EQ(provider.intents(), 2u);
    plan(R"({"faults": {"create": {"rate_limited": 1}}})");
    const auto limited = create("pm_card_visa", "d");
    EXPECT_EQ(limited.status, 429);
    EXPECT_EQ(text(limited, "/error/code"), "rate_limit");
    plan("{}");
    EXPECT_EQ(create("pm_card_visa", "a").status, 500);                                // Kept for the key.
    EXPECT_EQ(text(create("pm_card_visa", "b"), "/status"), "requires_confirmation");  // Never began.
    EXPECT_TRUE(create("pm_card_visa", "c").replayed);
    EXPECT_FALSE(create("pm_card_visa", "d").replayed);
}

}  // namespace
}  // namespace shop::provider::testing
