#include <map>
#include <random>
#include <stdexcept>

#include "tools/payment-provider/tests/fixture.hpp"

namespace shop::provider::testing {
namespace {

using Idempotency = ProviderTest;

TEST_F(Idempotency, the_same_key_and_parameters_repeat_the_first_answer) {
    const auto first = create("pm_card_visa", "key");
    const auto id = text(first, "/id");
    confirm(id);
    const auto again = create("pm_card_visa", "key");
    EXPECT_TRUE(again.replayed);
    EXPECT_FALSE(first.replayed);
    // As it was then, although the intent has been paid since.
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(provider.intents(), 1u);
}

TEST_F(Idempotency, the_order_of_parameters_does_not_matter) {
    call(CallKind::create, "", "amount=5&currency=eur", "key");
    EXPECT_TRUE(call(CallKind::create, "", "currency=eur&amount=5", "key").replayed);
}

TEST_F(Idempotency, other_parameters_or_another_endpoint_are_refused) {
    const auto id = text(create("pm_card_visa", "key"), "/id");
    for (const auto& reply : {create("pm_card_visa", "key", "1001"), confirm(id, "key")}) {
        EXPECT_EQ(reply.status, 400);
        EXPECT_EQ(text(reply, "/error/type"), "idempotency_error");
        EXPECT_FALSE(reply.replayed);
    }
    EXPECT_EQ(text(retrieve(id), "/status"), "requires_confirmation");
}

TEST_F(Idempotency, declines_and_refusals_are_repeated) {
    const auto declined = created("pm_card_chargeDeclined");
    const auto first = confirm(declined, "confirm");
    const auto again = confirm(declined, "confirm");
    EXPECT_EQ(again.status, 402);
    EXPECT_EQ(again.body, first.body);
    EXPECT_TRUE(again.replayed);
    const auto missing = confirm("pi_none", "missing");
    EXPECT_EQ(missing.status, 404);
    EXPECT_TRUE(confirm("pi_none", "missing").replayed);
    const auto paid_one = paid();
    const auto refused = call(CallKind::cancel, paid_one, "", "cancel");
    refund(paid_one);
    EXPECT_EQ(call(CallKind::cancel, paid_one, "", "cancel").body, refused.body);
}

TEST_F(Idempotency, a_mistake_in_the_parameters_does_not_use_the_key_up) {
    EXPECT_EQ(create("pm_card_visa", "key", "nonsense").status, 400);
    EXPECT_EQ(create("pm_card_visa", "key").status, 200);
}

TEST_F(Idempotency, a_repetition_while_the_first_is_not_answered_is_a_conflict) {
    const auto id = created("pm_sim_slow");
    const auto first = confirm(id, "key");
    EXPECT_EQ(first.delivery, Delivery::slow);
    EXPECT_TRUE(first.holds_key);
    const auto second = confirm(id, "key");
    EXPECT_EQ(second.status, 409);
    EXPECT_EQ(text(second, "/error/code"), "idempotency_key_in_use");
    EXPECT_FALSE(second.holds_key);
    provider.answered("key");
    const auto third = confirm(id, "key");
    EXPECT_EQ(third.body, first.body);
    EXPECT_EQ(third.delivery, Delivery::at_once);
}

TEST_F(Idempotency, a_key_is_forgotten_after_its_lifetime) {
    create("pm_card_visa", "key");
    clock.time += std::chrono::hours(24);
    EXPECT_TRUE(create("pm_card_visa", "key").replayed);
    clock.time += std::chrono::seconds(1);
    EXPECT_FALSE(create("pm_card_visa", "key").replayed);
    EXPECT_EQ(provider.intents(), 2u);
}

TEST_F(Idempotency, without_a_key_every_call_is_a_new_one) {
    create();
    create();
    EXPECT_EQ(provider.intents(), 2u);
}

/// Random calls under faults, a few keys used again and again, time passing.
class Random : public ProviderTest, public ::testing::WithParamInterface<int> {
  protected:
    std::mt19937 random{static_cast<unsigned>(GetParam())};
    std::vector<Call> made;
    std::vector<std::string> intents;

    std::size_t below(std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
    }

    Call next() {
        static constexpr std::array methods{
            "pm_card_visa",      "pm_card_chargeDeclined", "pm_sim_processing",      "pm_sim_slow",
            "pm_sim_answerLost", "pm_sim_errorCharged",    "pm_sim_errorNotCharged", "pm_sim_refundRefused"};
        if (!made.empty() && below(3) == 0) return made[below(made.size())];
        Call call{.kind = call_kinds[below(5)]};
        if (call.kind == CallKind::create || intents.empty()) {
            call.kind = CallKind::create;
            call.form = parse_form("amount=" + std::to_string(1 + below(500)) +
                                   "&currency=eur&payment_method=" + methods[below(methods.size())])
                            .value();
        } else if (call.kind == CallKind::refund) {
            call.form = parse_form("payment_intent=" + intents[below(intents.size())] +
                                   "&amount=" + std::to_string(1 + below(300)))
                            .value();
        } else {
            call.id = intents[below(intents.size())];
        }
        if (call.kind != CallKind::retrieve && below(4) > 0)
            call.idempotency_key = "key-" + std::to_string(below(1'000));
        return call;
    }

    void run(int calls) {
        plan(R"({"seed": 5, "faults": {
            "create": {"error_done": 0.1, "lost": 0.1, "dropped": 0.1, "error": 0.1},
            "confirm": {"error_done": 0.1, "slow": 0.1, "rate_limited": 0.1},
            "refund": {"error": 0.2}}})");
        for (int i = 0; i < calls; ++i) {
            clock.time += std::chrono::milliseconds(below(200));
            const auto one = next();
            const auto reply = provider.call(one);
            for (const auto& effect : reply.effects) {
                log.push_back(effect);
                if (effect.event == Event::created) intents.push_back(effect.payment_intent);
            }
            if (reply.holds_key) provider.answered(one.idempotency_key);
            made.push_back(one);
        }
    }
};

TEST_P(Random, the_log_alone_gives_the_same_state_and_the_same_answers_under_every_key) {
    run(2'000);
    Provider restarted{clock, ids, {}};
    for (const auto& effect : log) restarted.replay(from_line(to_line(effect)));
    plan("{}");
    ASSERT_EQ(restarted.intents(), provider.intents());
    ASSERT_EQ(restarted.last_sequence(), provider.last_sequence());
    std::size_t replayed = 0;
    for (const auto& one : made) {
        if (one.idempotency_key.empty()) continue;
        const auto before = provider.call(one), after = restarted.call(one);
        ASSERT_EQ(before.status, after.status);
        if (!before.replayed) continue;  // A call that never began begins now, under new ids.
        ++replayed;
        ASSERT_TRUE(after.replayed);
        ASSERT_EQ(before.body, after.body);
    }
    EXPECT_GT(replayed, 100u);
    for (const auto& id : intents) {
        ASSERT_EQ(provider.call({.kind = CallKind::retrieve, .id = id}).body,
                  restarted.call({.kind = CallKind::retrieve, .id = id}).body);
    }
}

TEST_P(Random, no_intent_is_charged_twice_or_refunded_for_more_than_was_charged) {
    run(2'000);
    std::map<std::string, std::int64_t> left;
    std::map<std::string, int> keys;
    for (const auto& effect : log) {
        if (effect.event == Event::charged) {
            ASSERT_TRUE(left.emplace(effect.payment_intent, effect.amount).second) << effect.payment_intent;
        }
        if (effect.event == Event::refunded) {
            ASSERT_GE(left[effect.payment_intent] -= effect.amount, 0);
        }
        if (!effect.idempotency_key.empty()) {
            ASSERT_EQ(++keys[effect.idempotency_key], 1);
        }
    }
    EXPECT_GT(left.size(), 20u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Random, ::testing::Range(1, 9));

TEST_F(Idempotency, a_log_with_a_gap_or_an_unknown_intent_is_refused) {
    create();
    confirm(text(create(), "/id"));
    Provider restarted{clock, ids, {}};
    restarted.replay(log[0]);
    EXPECT_THROW(restarted.replay(log[2]), std::runtime_error);
    auto orphan = log[1];
    orphan.event = Event::charged;
    orphan.payment_intent = "pi_none";
    EXPECT_THROW(restarted.replay(orphan), std::runtime_error);
}

}  // namespace
}  // namespace shop::provider::testing
