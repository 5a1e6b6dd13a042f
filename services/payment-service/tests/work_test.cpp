#include "services/payment-service/app/application/work.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/testing/run.hpp"
#include "services/payment-service/app/application/handle_requests.hpp"
#include "services/payment-service/tests/fakes.hpp"

namespace shop::payment {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

struct Work : testing::Test {
    template <class T>
    T run(awaitable<T> work) {
        boost::asio::io_context io;
        return platform::testing::run(io, std::move(work));
    }
    PaymentRequest message(PaymentMessage event, std::string trace = "00-trace") {
        return {ids.next(), std::move(event), std::move(trace)};
    }
    PaymentMessage charge(OrderId order) { return StockReserved{order, total, {"pm_card_visa"}}; }
    OrderId asked_to_charge() {
        const OrderId order{ids.next()};
        run(handle_requests(ports, {message(charge(order))}));
        return order;
    }
    void undo(OrderId order) { run(handle_requests(ports, {message(RefundPayment{order})})); }
    /// Claims the only payment that waits and drives it until it rests.
    void drive_one(std::deque<Answer> answers) {
        provider.answers = std::move(answers);
        provider.calls.clear();
        auto claimed = run(claim(ports, 10));
        ASSERT_EQ(claimed.size(), 1u);
        run(drive(ports, claimed.front()));
    }
    std::vector<std::string> told() const {
        std::vector<std::string> types;
        for (const auto& one : store.told)
            types.push_back(std::visit([](const auto& event) { return std::string{event.type}; }, one.event));
        return types;
    }
    std::int64_t balance() const {
        std::int64_t sum = 0;
        for (const auto& entry : store.ledger)
            if (entry.account == "provider_balance") sum += entry.amount;
        return sum;
    }

    CountingIds ids;
    MemoryPayments store;
    ScriptedProvider provider;
    KeepingWorkforce workforce;
    Ports ports{&store, &provider, nullptr, &ids, {}, &workforce};
    SingleRecorder recorder{ports};
    Work() { ports.recorder = &recorder; }
    const Money total{2500, {"EUR"}};
};

TEST_F(Work, a_batch_of_requests_is_folded_in_the_order_of_delivery) {
    const OrderId a{ids.next()}, b{ids.next()};
    run(handle_requests(ports, {message(charge(a)), message(RefundPayment{b}), message(charge(b)),
                                message(RefundPayment{a}), message(charge(a))}));
    EXPECT_EQ(store.payments.at(a).status, PaymentStatus::charging);
    EXPECT_TRUE(store.payments.at(a).void_requested);
    EXPECT_EQ(store.payments.at(b).status, PaymentStatus::voided);
    EXPECT_THAT(told(), ElementsAre("PaymentRefunded"));
    EXPECT_EQ(store.commits, 1);
    EXPECT_THAT(provider.calls, IsEmpty());
}

TEST_F(Work, what_waits_for_a_worker_is_leased_at_once_where_there_is_a_place) {
    workforce.places = 1;
    const OrderId a{ids.next()}, b{ids.next()};
    run(handle_requests(ports, {message(charge(a)), message(charge(b))}));
    ASSERT_EQ(workforce.driven.size(), 1u);
    EXPECT_EQ(workforce.driven.front(), store.payments.at(a)) << "what is driven is what was committed";
    EXPECT_TRUE(store.payments.at(a).lease);
    EXPECT_EQ(store.payments.at(a).leased_until, store.now + ports.policy.lease);
    const auto claimed = run(claim(ports, 10));
    ASSERT_EQ(claimed.size(), 1u) << "the other waits for whoever has a place";
    EXPECT_EQ(claimed.front().order_id, b);
}

TEST_F(Work, a_payment_that_a_worker_has_is_not_leased_to_another) {
    workforce.places = 10;
    const OrderId order{ids.next()};
    run(handle_requests(ports, {message(charge(order))}));
    const auto lease = store.payments.at(order).lease;
    run(handle_requests(ports, {message(RefundPayment{order})}));
    EXPECT_EQ(store.payments.at(order).lease, lease);
    EXPECT_EQ(workforce.driven.size(), 1u);
}

TEST_F(Work, a_decision_writes_each_payment_once_and_what_did_not_change_not_at_all) {
    const OrderId a{ids.next()}, b{ids.next()};
    LockedPayments locked{.now = store.now, .fresh = {}, .payments = {}};
    locked.payments[a] = Payment{.order_id = a};
    locked.payments[b] = Payment{.order_id = b, .status = PaymentStatus::declined};
    locked.fresh = {message(charge(a), "00-one"), message(RefundPayment{a}, "00-two"),
                    message(RefundPayment{b}, "00-three")};
    const auto changes = decide(std::move(locked), ids);
    ASSERT_EQ(changes.payments.size(), 1u);
    EXPECT_EQ(changes.payments[0].order_id, a);
    EXPECT_EQ(changes.payments[0].traceparent, "00-two");
    ASSERT_EQ(changes.events.size(), 1u);
    EXPECT_EQ(changes.events[0].traceparent, "00-three");
}

TEST_F(Work, a_charge_is_created_then_confirmed_and_told_in_its_trace) {
    const auto order = asked_to_charge();
    drive_one({Created{"pi_1"}, Charged{}});
    EXPECT_THAT(provider.calls, ElementsAre("create", "confirm"));
    EXPECT_EQ(store.payments.at(order).status, PaymentStatus::charged);
    EXPECT_FALSE(store.payments.at(order).lease);
    EXPECT_THAT(told(), ElementsAre("PaymentProcessed"));
    EXPECT_EQ(store.told[0].traceparent, "00-trace");
    EXPECT_EQ(balance(), 2500);
    EXPECT_THAT(run(claim(ports, 10)), IsEmpty());
}

TEST_F(Work, a_card_that_asks_for_its_holder_is_confirmed_once) {
    asked_to_charge();
    drive_one({Created{"pi_1"}, NotCharged{"authentication_required"}, Cancelled{}});
    EXPECT_THAT(provider.calls, ElementsAre("create", "confirm", "cancel"));
    EXPECT_THAT(told(), ElementsAre("PaymentFailed"));
}

TEST_F(Work, every_step_is_committed_before_the_next_call) {
    const auto order = asked_to_charge();
    std::vector<Stage> stages;
    provider.meanwhile = [&] { stages.push_back(store.payments.at(order).stage); };
    drive_one({Created{"pi_1"}, Charged{}});
    EXPECT_THAT(stages, ElementsAre(Stage::create, Stage::confirm));
}

TEST_F(Work, an_answer_that_was_lost_is_read_later_by_whoever_claims_the_payment_then) {
    const auto order = asked_to_charge();
    drive_one({Created{"pi_1"}, Unknown{"cut"}});
    EXPECT_EQ(store.payments.at(order).status, PaymentStatus::unknown);
    EXPECT_FALSE(store.payments.at(order).lease);
    EXPECT_THAT(run(claim(ports, 10)), IsEmpty());
    store.now += 1s;
    drive_one({Charged{}});
    EXPECT_THAT(provider.calls, ElementsAre("read"));
    EXPECT_EQ(store.payments.at(order).status, PaymentStatus::charged);
}

TEST_F(Work, an_undo_that_comes_during_the_charge_is_obeyed_by_the_same_worker) {
    const auto order = asked_to_charge();
    provider.meanwhile = [&] {
        if (provider.calls.back() == "confirm") undo(order);
    };
    drive_one({Created{"pi_1"}, Charged{}, Refunded{"re_1"}});
    EXPECT_THAT(provider.calls, ElementsAre("create", "confirm", "refund"));
    EXPECT_EQ(store.payments.at(order).status, PaymentStatus::refunded);
    EXPECT_THAT(told(), ElementsAre("PaymentRefunded"));
    EXPECT_EQ(balance(), 0);
    EXPECT_EQ(store.ledger.size(), 4u);
}

TEST_F(Work, an_undo_before_the_first_call_needs_none) {
    const auto order = asked_to_charge();
    undo(order);
    drive_one({});
    EXPECT_THAT(provider.calls, IsEmpty());
    EXPECT_EQ(store.payments.at(order).status, PaymentStatus::voided);
    EXPECT_THAT(told(), ElementsAre("PaymentRefunded"));
}

TEST_F(Work, what_was_charged_and_refunded_over_there_before_we_heard_of_it_is_no_payment) {
    const auto order = asked_to_charge();
    drive_one({Created{"pi_1"}, Unknown{"cut"}});
    store.now += 1s;
    drive_one({Refunded{"re_1"}});
    EXPECT_EQ(store.payments.at(order).status, PaymentStatus::declined);
    EXPECT_THAT(told(), ElementsAre("PaymentFailed"));
    EXPECT_THAT(store.ledger, IsEmpty());
}

TEST_F(Work, a_claimed_payment_is_not_claimed_again_while_its_lease_lasts) {
    asked_to_charge();
    const auto first = run(claim(ports, 10));
    ASSERT_EQ(first.size(), 1u);
    EXPECT_EQ(first[0].leased_until, store.now + ports.policy.lease);
    store.now += ports.policy.lease;
    EXPECT_THAT(run(claim(ports, 10)), IsEmpty());
    store.now += 1ms;
    const auto second = run(claim(ports, 10));
    ASSERT_EQ(second.size(), 1u);
    EXPECT_NE(first[0].lease, second[0].lease);
}

TEST_F(Work, a_worker_whose_lease_has_passed_to_another_gets_nothing_and_changes_nothing) {
    const auto order = asked_to_charge();
    const auto old = run(claim(ports, 10)).at(0);
    store.now += 21s;
    const auto present = run(claim(ports, 10)).at(0);
    provider.answers = {Created{"pi_old"}, Charged{}};
    run(drive(ports, old));
    EXPECT_THAT(provider.calls, ElementsAre("create"));
    EXPECT_EQ(store.payments.at(order), present);
    EXPECT_THAT(told(), IsEmpty());
}

TEST_F(Work, the_lease_begins_anew_with_every_step) {
    const auto order = asked_to_charge();
    provider.meanwhile = [&] { store.now += 8s; };
    drive_one({Created{"pi_1"}, Unknown{}});
    EXPECT_EQ(store.payments.at(order).stage, Stage::read);  // Recorded 16 s after the claim.
}

TEST_F(Work, reports_are_recorded_together_and_each_for_itself) {
    const auto a = asked_to_charge(), b = asked_to_charge(), c = asked_to_charge();
    std::map<OrderId, platform::Uuid> leases;
    for (const auto& one : run(claim(ports, 10))) leases[one.order_id] = *one.lease;
    const int before = store.commits;
    const auto kept = run(record_reports(ports, {{a, leases[a], Created{"pi_a"}},
                                                 {b, ids.next(), Created{"pi_b"}},
                                                 {c, leases[c], Declined{"lost_card"}},
                                                 {OrderId{ids.next()}, ids.next(), Charged{}}}));
    EXPECT_EQ(store.commits, before + 1);
    ASSERT_EQ(kept.size(), 4u);
    EXPECT_EQ(kept[0]->stage, Stage::confirm);
    EXPECT_FALSE(kept[1]);
    EXPECT_FALSE(kept[2]);  // Final: nothing more to do.
    EXPECT_FALSE(kept[3]);
    EXPECT_EQ(store.payments.at(b).provider_id, "");
    EXPECT_THAT(told(), ElementsAre("PaymentFailed"));
}

}  // namespace
}  // namespace shop::payment
