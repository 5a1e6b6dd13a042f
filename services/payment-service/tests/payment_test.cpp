#include "services/payment-service/app/domain/payment.hpp"

#include <gtest/gtest.h>

namespace shop::payment {
namespace {

using namespace std::chrono_literals;

const OrderId id = *OrderId::parse("0192f3a4-5b6c-7d8e-9f00-112233445566");
const Money total{2500, {"EUR"}};
const RetryPolicy policy;

/// A payment under a worker, told line by line what the queue and the provider say.
class Case {
  public:
    Case& asked_to_charge() { return took(apply(payment, StockReserved{id, total, {"pm_card_visa"}}, now)); }
    Case& asked_to_undo() { return took(apply(payment, RefundPayment{id}, now)); }

    /// A worker takes the payment, makes the call that is next, and hears `said`.
    Case& provider_says(Answer said) {
        lease();
        EXPECT_TRUE(next_call(payment));
        return took(answer(payment, said, policy, platform::Uuid{}, now));
    }
    /// The same, but the undo comes while the call is on its way.
    Case& meanwhile_undone(Answer said) {
        lease();
        EXPECT_TRUE(next_call(payment));
        asked_to_undo();
        return took(answer(payment, said, policy, platform::Uuid{}, now));
    }
    Case& settled() {
        lease();
        EXPECT_FALSE(next_call(payment));
        return took(settle(payment));
    }

    template <class Expected>
    Case& calls() {
        const auto call = next_call(payment);
        EXPECT_TRUE(call && std::holds_alternative<Expected>(*call))
            << "stage " << static_cast<int>(payment.stage);
        return *this;
    }
    template <class... Events>
    Case& tells(Events... events) {
        EXPECT_EQ(told, (std::vector<PaymentEvent>{events...}));
        return *this;
    }
    Case& is(PaymentStatus status) {
        EXPECT_EQ(payment.status, status);
        const bool open = status == PaymentStatus::charging || status == PaymentStatus::unknown ||
                          status == PaymentStatus::refunding;
        EXPECT_EQ(payment.next_attempt.has_value(), open);
        return *this;
    }
    /// The sum of what the ledger says we have.
    Case& leaves_us(std::int64_t amount) {
        EXPECT_EQ(balance, amount);
        return *this;
    }

    Payment payment{.order_id = id};
    Time now{std::chrono::hours{12}};

  private:
    void lease() {
        EXPECT_TRUE(payment.next_attempt);
        payment.lease = platform::Uuid{};
        payment.leased_until = now + 20s;
    }
    Case& took(Decision decision) {
        told = std::move(decision.events);
        std::int64_t sum = 0;
        for (const auto& entry : decision.ledger) {
            sum += entry.amount;
            if (entry.account == "provider_balance") balance += entry.amount;
        }
        EXPECT_EQ(sum, 0);
        return *this;
    }

    std::vector<PaymentEvent> told;
    std::int64_t balance = 0;
};

const PaymentProcessed processed{id, "pi_1", total};
const PaymentRefunded refunded{id, RefundOutcome::refunded, total};
const PaymentRefunded nothing{id, RefundOutcome::nothing, {}};

TEST(Payment, is_created_then_confirmed_then_charged) {
    Case{}
        .asked_to_charge()
        .is(PaymentStatus::charging)
        .calls<Create>()
        .provider_says(Created{"pi_1"})
        .calls<Confirm>()
        .tells()
        .provider_says(Charged{})
        .tells(processed)
        .is(PaymentStatus::charged)
        .leaves_us(2500);
}

TEST(Payment, names_its_calls_so_that_a_repetition_finds_the_first) {
    Case c;
    c.asked_to_charge();
    EXPECT_EQ(std::get<Create>(*next_call(c.payment)).key, id.text());
    c.provider_says(Created{"pi_1"});
    EXPECT_EQ(std::get<Confirm>(*next_call(c.payment)).key, id.text() + ":confirm");
    c.provider_says(Charged{}).asked_to_undo();
    EXPECT_EQ(std::get<Refund>(*next_call(c.payment)).key, "refund:" + id.text() + ":0");
}

TEST(Payment, is_declined_for_good) {
    Case{}
        .asked_to_charge()
        .provider_says(Created{"pi_1"})
        .provider_says(Declined{"insufficient_funds"})
        .tells(PaymentFailed{id, "insufficient_funds"})
        .is(PaymentStatus::declined)
        .leaves_us(0)
        .asked_to_charge()
        .tells()
        .is(PaymentStatus::declined)
        .asked_to_undo()
        .tells(nothing);
}

TEST(Payment, takes_nothing_for_granted_when_the_answer_is_lost) {
    Case c;
    c.asked_to_charge().provider_says(Created{"pi_1"}).provider_says(Unknown{"cut"});
    c.is(PaymentStatus::unknown).tells().calls<Read>();
    EXPECT_FALSE(c.payment.lease);
    EXPECT_GT(*c.payment.next_attempt, c.now);
    c.provider_says(Charged{}).tells(processed).is(PaymentStatus::charged).leaves_us(2500);
}

TEST(Payment, confirms_again_under_the_same_key_when_the_provider_has_not_charged) {
    Case c;
    c.asked_to_charge()
        .provider_says(Created{"pi_1"})
        .provider_says(Unknown{"cut"})
        .provider_says(NotCharged{});
    EXPECT_EQ(std::get<Confirm>(*next_call(c.payment)).key, id.text() + ":confirm");
    c.provider_says(Charged{}).tells(processed);
}

TEST(Payment, is_cancelled_when_the_same_key_only_repeats_an_error) {
    Case c;
    c.asked_to_charge().provider_says(Created{"pi_1"});
    for (int round = 0; round < policy.same_key_attempts; ++round)
        c.calls<Confirm>().provider_says(Unknown{"500"}).calls<Read>().provider_says(NotCharged{});
    c.calls<Cancel>().provider_says(Cancelled{}).is(PaymentStatus::declined).leaves_us(0);
    EXPECT_FALSE(c.payment.next_attempt);
}

const NotCharged asks_for_the_holder{"authentication_required"};

TEST(Payment, whose_card_asks_for_its_holder_is_cancelled_at_once_and_declined) {
    Case{}
        .asked_to_charge()
        .provider_says(Created{"pi_1"})
        .calls<Confirm>()
        .provider_says(asks_for_the_holder)
        .calls<Cancel>()
        .tells()
        .provider_says(Cancelled{})
        .tells(PaymentFailed{id, "authentication_required"})
        .is(PaymentStatus::declined)
        .leaves_us(0);
}

TEST(Payment, whose_card_asks_for_its_holder_is_not_confirmed_again_when_the_cancellation_is_not_answered) {
    Case c;
    c.asked_to_charge().provider_says(Created{"pi_1"}).provider_says(asks_for_the_holder);
    std::chrono::microseconds last{0};
    for (int round = 0; round < 4; ++round) {
        c.calls<Cancel>().provider_says(Unknown{"500"}).calls<Read>();
        const auto pause = *c.payment.next_attempt - c.now;
        EXPECT_GT(pause, last);
        last = pause;
        c.provider_says(asks_for_the_holder);
    }
    Case charged = c;  // The holder was there after all, before the cancellation.
    charged.provider_says(Unknown{"it has succeeded meanwhile"}).provider_says(Charged{}).tells(processed);
    EXPECT_EQ(charged.payment.decline_code, "");
    c.provider_says(Cancelled{}).tells(PaymentFailed{id, "authentication_required"});
}

TEST(Payment, undone_while_its_card_asks_for_its_holder_has_nothing_to_give_back) {
    Case{}
        .asked_to_charge()
        .provider_says(Created{"pi_1"})
        .meanwhile_undone(asks_for_the_holder)
        .calls<Cancel>()
        .tells()
        .provider_says(Cancelled{})
        .tells(nothing)
        .is(PaymentStatus::voided);
}

TEST(Payment, a_cancellation_that_cancels_nothing_is_not_asked_for_again_at_once) {
    Case c;
    c.asked_to_charge().provider_says(Created{"pi_1"}).provider_says(asks_for_the_holder);
    c.calls<Cancel>().provider_says(asks_for_the_holder).calls<Read>();
    EXPECT_FALSE(c.payment.lease);
    EXPECT_GT(*c.payment.next_attempt, c.now);
}

TEST(Payment, that_cannot_be_cancelled_any_more_is_read_again) {
    Case c;
    c.asked_to_charge()
        .provider_says(Created{"pi_1"})
        .provider_says(Unknown{"cut"})
        .asked_to_undo()
        .provider_says(NotCharged{})
        .calls<Cancel>()
        .provider_says(Unknown{"it has succeeded meanwhile"})
        .calls<Read>()
        .provider_says(Charged{})
        .calls<Refund>()
        .tells()
        .leaves_us(2500)
        .provider_says(Refunded{"re_1"})
        .tells(refunded)
        .is(PaymentStatus::refunded)
        .leaves_us(0);
}

TEST(Payment, undone_before_it_came_is_never_charged) {
    Case{}
        .asked_to_undo()
        .tells(nothing)
        .is(PaymentStatus::voided)
        .asked_to_charge()
        .tells()
        .is(PaymentStatus::voided)
        .asked_to_undo()
        .tells(nothing);
}

TEST(Payment, undone_before_the_provider_knew_of_it_needs_no_call) {
    Case{}
        .asked_to_charge()
        .asked_to_undo()
        .tells()
        .settled()
        .tells(nothing)
        .is(PaymentStatus::voided)
        .leaves_us(0);
}

TEST(Payment, undone_while_it_is_being_created_is_not_confirmed) {
    Case{}
        .asked_to_charge()
        .meanwhile_undone(Created{"pi_1"})
        .tells(nothing)
        .is(PaymentStatus::voided)
        .leaves_us(0);
}

TEST(Payment, undone_while_it_is_being_charged_is_refunded_by_whoever_finishes_the_charge) {
    Case c;
    c.asked_to_charge().provider_says(Created{"pi_1"}).calls<Confirm>();
    c.meanwhile_undone(Charged{})
        .tells()
        .is(PaymentStatus::refunding)
        .leaves_us(2500)
        .calls<Refund>()
        .provider_says(Refunded{"re_1"})
        .tells(refunded)
        .is(PaymentStatus::refunded)
        .leaves_us(0);
}

TEST(Payment, undone_while_it_is_being_declined_has_nothing_to_give_back) {
    Case{}
        .asked_to_charge()
        .provider_says(Created{"pi_1"})
        .meanwhile_undone(Declined{"expired_card"})
        .tells(nothing)
        .is(PaymentStatus::voided);
}

TEST(Payment, undone_after_the_charge_is_refunded_once_and_says_so_every_time) {
    Case c;
    c.asked_to_charge().provider_says(Created{"pi_1"}).provider_says(Charged{});
    c.asked_to_undo().tells().is(PaymentStatus::refunding).asked_to_undo().tells();
    c.provider_says(Refunded{"re_1"}).tells(refunded).leaves_us(0);
    c.asked_to_undo().tells(refunded).is(PaymentStatus::refunded).leaves_us(0);
}

TEST(Payment, whose_refund_is_refused_for_good_waits_for_a_person_and_says_so) {
    const PaymentRefunded manual{id, RefundOutcome::manual, {}};
    Case{}
        .asked_to_charge()
        .provider_says(Created{"pi_1"})
        .provider_says(Charged{})
        .asked_to_undo()
        .provider_says(RefundRefused{"charge_disputed"})
        .tells(manual)
        .is(PaymentStatus::manual)
        .leaves_us(2500)
        .asked_to_undo()
        .tells(manual);
}

TEST(Payment, looks_a_refund_up_before_it_takes_a_new_key) {
    Case c;
    c.asked_to_charge().provider_says(Created{"pi_1"}).provider_says(Charged{}).asked_to_undo();
    for (int round = 0; round < policy.same_key_attempts; ++round)
        c.calls<Refund>().provider_says(Unknown{"500"});
    c.calls<Read>();
    Case found = c;
    found.provider_says(Refunded{"re_1"}).tells(refunded).leaves_us(0);
    c.provider_says(Charged{}).calls<Refund>();
    EXPECT_EQ(std::get<Refund>(*next_call(c.payment)).key, "refund:" + id.text() + ":1");
}

TEST(Payment, waits_longer_after_every_unanswered_call_up_to_a_limit) {
    Case c;
    c.asked_to_charge();
    std::chrono::microseconds last{0};
    for (int i = 0; i < 30; ++i) {
        c.provider_says(Unknown{"down"});
        const auto pause = *c.payment.next_attempt - c.now;
        EXPECT_GE(pause, last);
        EXPECT_LE(pause, policy.longest);
        last = pause;
    }
    EXPECT_EQ(last, policy.longest);
}

TEST(Payment, a_cancellation_that_nobody_answers_is_asked_for_ever_more_slowly) {
    Case c;
    c.asked_to_charge().provider_says(Created{"pi_1"}).provider_says(Unknown{"cut"}).asked_to_undo();
    std::chrono::microseconds last{policy.first};
    for (int round = 0; round < 4; ++round) {
        c.provider_says(NotCharged{}).calls<Cancel>().provider_says(Unknown{"500"}).calls<Read>();
        const auto pause = *c.payment.next_attempt - c.now;
        EXPECT_GT(pause, last);
        last = pause;
    }
    c.provider_says(Cancelled{}).tells(nothing).is(PaymentStatus::voided);
}

}  // namespace
}  // namespace shop::payment
