#include "services/payment-service/app/infrastructure/pg_payments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/postgres/check.hpp"
#include "services/payment-service/tests/payment_storage.hpp"

namespace shop::payment {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using Row = std::vector<std::string>;

struct PgPaymentsTest : testing::Test, Storage {
    std::vector<std::string> told() {
        std::vector<std::string> types;
        for (const auto& row : database.execute("select type from outbox order by id"))
            types.push_back(row[0]);
        return types;
    }
    std::optional<Payment> recorded(Report report) {
        return run(record_reports(ports, {std::move(report)})).at(0);
    }
    /// Loads a message in a second transaction while a first one, which has loaded another message about the
    /// same order, commits.
    Payment loaded_behind(PaymentRequest first, PaymentRequest second) {
        auto one = run(store.begin()), other = run(store.begin());
        auto locked = run(one->load({std::move(first)}));
        std::optional<LockedPayments> seen;
        boost::asio::co_spawn(io, other->load({std::move(second)}),
                              [&](std::exception_ptr, LockedPayments found) { seen = std::move(found); });
        platform::testing::run_until(io, [&] { return database.somebody_waits(); });
        EXPECT_FALSE(seen);
        run(one->save(decide(std::move(locked), ids)));
        run(one->commit());
        platform::testing::run_until(io, [&] { return seen.has_value(); });
        auto payment = seen->payments.begin()->second;
        run(other->save(decide(std::move(*seen), ids)));
        run(other->commit());
        return payment;
    }
};

TEST_F(PgPaymentsTest, statements_fit_the_schema) {
    EXPECT_THAT(platform::postgres::check_statements(database.url(), {"payment.", "messaging."}), IsEmpty());
}

TEST_F(PgPaymentsTest, a_request_is_committed_as_an_intent_and_wakes_the_workers) {
    const auto order = asked_to_charge();
    EXPECT_THAT(database.execute("select order_id, status, stage, amount, currency, method, traceparent, "
                                 "next_attempt <= now(), lease from payments"),
                ElementsAre(Row{order.text(), "charging", "create", "2500", "EUR", "pm_card_visa", "00-trace",
                                "t", "null"}));
    EXPECT_EQ(work, 1);
    EXPECT_EQ(events, 0);
    EXPECT_THAT(told(), IsEmpty());
}

TEST_F(PgPaymentsTest, an_undo_before_its_charge_is_a_tombstone_and_answered_at_once) {
    const OrderId order{ids.next()};
    handle({undo(order)});
    EXPECT_EQ(status(order), "voided");
    EXPECT_EQ(events, 1);
    EXPECT_EQ(work, 0);
    handle({charge(order)});
    EXPECT_EQ(status(order), "voided");
    handle({undo(order)});
    EXPECT_THAT(told(), ElementsAre("PaymentRefunded", "PaymentRefunded"));
}

TEST_F(PgPaymentsTest, a_message_that_comes_again_changes_nothing) {
    const OrderId order{ids.next()};
    const auto once = undo(order);
    handle({once, once});
    handle({once});
    EXPECT_EQ(told().size(), 1u);
    EXPECT_THAT(metrics.text(),
                testing::HasSubstr("messages_duplicate_total{consumer=\"payment.orders\"} 2"));
}

TEST_F(PgPaymentsTest, an_undo_that_races_with_its_charge_finds_the_intent) {
    const OrderId order{ids.next()};
    EXPECT_EQ(loaded_behind(charge(order), undo(order)).status, PaymentStatus::charging);
    EXPECT_EQ(database.value("select void_requested from payments"), "t");
}

TEST_F(PgPaymentsTest, a_charge_that_races_with_its_undo_is_never_made) {
    const OrderId order{ids.next()};
    EXPECT_EQ(loaded_behind(undo(order), charge(order)).status, PaymentStatus::voided);
    EXPECT_EQ(database.value("select next_attempt is null from payments"), "t");
}

TEST_F(PgPaymentsTest, claimed_payments_are_leased_on_the_clock_of_the_database) {
    const auto order = asked_to_charge();
    work = 0;
    const auto claimed = run(claim(ports, 10));
    ASSERT_EQ(claimed.size(), 1u);
    EXPECT_EQ(claimed[0].order_id, order);
    EXPECT_EQ(database.value("select lease from payments"), claimed[0].lease->text());
    EXPECT_EQ(database.value("select leased_until between clock_timestamp() + interval '11 s' and "
                             "clock_timestamp() + interval '12 s' from payments"),
              "t");
    EXPECT_EQ(work, 0);
    EXPECT_THAT(run(claim(ports, 10)), IsEmpty());
    leases_pass();
    EXPECT_NE(run(claim(ports, 10)).at(0).lease, claimed[0].lease);
}

TEST_F(PgPaymentsTest, what_another_replica_is_just_claiming_is_left_to_it) {
    const auto first = asked_to_charge(), second = asked_to_charge();
    auto one = run(store.begin()), other = run(store.begin());
    EXPECT_THAT(run(one->load_claimable(1)).payments, ElementsAre(testing::Key(first)));
    EXPECT_THAT(run(other->load_claimable(10)).payments, ElementsAre(testing::Key(second)));
}

TEST_F(PgPaymentsTest, what_is_not_due_is_not_claimed) {
    asked_to_charge();
    database.execute("update payments set next_attempt = now() + interval '1 hour'");
    EXPECT_THAT(run(claim(ports, 10)), IsEmpty());
}

TEST_F(PgPaymentsTest, a_payment_is_read_back_as_it_was_written) {
    const auto order = asked_to_charge();
    auto transaction = run(store.begin());
    const auto before = run(transaction->load_these({order})).payments.at(order);
    auto payment = before;
    payment.status = PaymentStatus::refunding;
    payment.stage = Stage::refund;
    payment.provider_id = "pi_1";
    payment.decline_code = "none";
    payment.refund_id = "re_1";
    payment.void_requested = true;
    payment.confirm_rounds = 1;
    payment.refund_round = 2;
    payment.attempts = 3;
    payment.lease = ids.next();
    payment.leased_until = *before.next_attempt + std::chrono::seconds{20};
    run(transaction->save({.payments = {payment}, .ledger = {}, .events = {}}));
    run(transaction->commit());
    auto again = run(store.begin());
    EXPECT_EQ(run(again->load_these({order, order})).payments.at(order), payment);
}

TEST_F(PgPaymentsTest, a_worker_that_was_fenced_out_gets_nothing_and_leaves_nothing) {
    const auto order = asked_to_charge();
    const auto old = run(claim(ports, 1)).at(0);
    leases_pass();
    const auto present = run(claim(ports, 1)).at(0);
    EXPECT_FALSE(recorded({order, *old.lease, Created{"pi_old"}}));
    EXPECT_FALSE(recorded({order, *old.lease, Declined{"lost_card"}}));
    EXPECT_EQ(database.value("select status || provider_id from payments"), "charging");
    EXPECT_TRUE(recorded({order, *present.lease, Created{"pi_1"}}));
    EXPECT_EQ(database.value("select provider_id from payments"), "pi_1");
    EXPECT_THAT(told(), IsEmpty());
}

TEST_F(PgPaymentsTest, reports_of_several_workers_are_one_transaction) {
    const auto a = asked_to_charge(), b = asked_to_charge(), c = asked_to_charge();
    std::map<OrderId, platform::Uuid> leases;
    for (const auto& one : run(claim(ports, 10))) leases[one.order_id] = *one.lease;
    events = work = 0;
    const auto kept = run(record_reports(ports, {{c, leases[c], Unknown{"cut"}},
                                                 {b, leases[b], Declined{"lost_card"}},
                                                 {a, leases[a], Created{"pi_a"}}}));
    EXPECT_EQ(kept[2]->stage, Stage::confirm);
    EXPECT_FALSE(kept[0] || kept[1]);
    EXPECT_EQ(database.value("select count(distinct xmin::text) from payments"), "1");
    EXPECT_THAT(told(), ElementsAre("PaymentFailed"));
    EXPECT_EQ(events, 1);
    EXPECT_EQ(work, 1);  // The unanswered one waits for a worker again.
}

TEST_F(PgPaymentsTest, a_charge_and_its_refund_stand_in_the_ledger) {
    const auto order = asked_to_charge();
    auto payment = run(claim(ports, 1)).at(0);
    payment = *recorded({order, *payment.lease, Created{"pi_1"}});
    EXPECT_FALSE(recorded({order, *payment.lease, Charged{}}));
    handle({undo(order)});
    EXPECT_EQ(status(order), "refunding");
    payment = run(claim(ports, 1)).at(0);
    EXPECT_FALSE(recorded({order, *payment.lease, Refunded{"re_1"}}));
    EXPECT_THAT(
        database.execute("select account, amount, currency from ledger order by transaction_id, account"),
        ElementsAre(Row{"provider_balance", "2500", "EUR"}, Row{"sales", "-2500", "EUR"},
                    Row{"provider_balance", "-2500", "EUR"}, Row{"sales", "2500", "EUR"}));
    EXPECT_EQ(database.value("select count(*) from (select from ledger group by transaction_id having "
                             "sum(amount) <> 0) as unbalanced"),
              "0");
    EXPECT_THAT(told(), ElementsAre("PaymentProcessed", "PaymentRefunded"));
}

TEST_F(PgPaymentsTest, payments_are_read_by_order_and_in_pages_of_one_status_or_all) {
    const auto first = asked_to_charge(), second = asked_to_charge();
    const OrderId voided{ids.next()};
    handle({undo(voided)});
    const auto view = run(reads.payment(first));
    ASSERT_TRUE(view);
    EXPECT_EQ(view->status, PaymentStatus::charging);
    EXPECT_EQ(view->amount, 2500);
    EXPECT_EQ(view->currency, "EUR");
    EXPECT_FALSE(view->undo_requested);
    EXPECT_FALSE(run(reads.payment(OrderId{ids.next()})));
    const auto is = [](OrderId id) { return Field(&PaymentView::order_id, id); };
    EXPECT_THAT(run(reads.payments({}, {}, 2)), ElementsAre(is(voided), is(second)));
    EXPECT_THAT(run(reads.payments({}, second, 2)), ElementsAre(is(first)));
    EXPECT_THAT(run(reads.payments(PaymentStatus::charging, {}, 5)), ElementsAre(is(second), is(first)));
}

}  // namespace
}  // namespace shop::payment
