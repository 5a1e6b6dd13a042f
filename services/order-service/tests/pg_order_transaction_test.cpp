#include "services/order-service/app/infrastructure/pg_order_transaction.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/order-service/app/application/handle_replies.hpp"
#include "services/order-service/app/application/place_order.hpp"
#include "services/order-service/tests/order_storage.hpp"

namespace shop::order {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;
using Row = std::vector<std::string>;

struct PgOrderTransactionTest : testing::Test, Storage {
    SagaMessage message(SagaReply reply) { return {ids.next(), std::move(reply), "00-reply"}; }
    SagaMessage reserved(OrderId order) {
        return message(StockReserved{order, {2500, {"EUR"}}, {"pm_card_visa"}});
    }
    SagaMessage paid(OrderId order) { return message(PaymentProcessed{order, "pi_1", {2500, {"EUR"}}}); }
    void handle(std::vector<SagaMessage> batch) { run(handle_replies(ports, std::move(batch))); }
    std::vector<Row> history(OrderId id) {
        return database.execute(
            "select version, changed, event, to_status from order_history where "
            "order_id = '" +
            id.text() + "' order by version, changed desc, at");
    }
    std::vector<Row> told() {
        return database.execute("select type, subject from outbox where type <> 'OrderCreated' order by id");
    }
    void overdue(OrderId id) {
        database.execute("update orders set deadline = now() - interval '1 second' where id = '" + id.text() +
                         "'");
    }
    LockedOrders due(OrderTransaction& transaction, std::size_t limit = 10) {
        return run(transaction.load_due(limit));
    }
};

TEST_F(PgOrderTransactionTest, a_batch_of_replies_moves_orders_and_tells_the_others) {
    const auto a = placed(ada), b = placed(bob);
    replica.commits = 0;
    handle({reserved(a), paid(a), reserved(b)});
    EXPECT_EQ(status(a), "confirmed");
    EXPECT_EQ(database.value("select count(*) from orders where step = 1 and status = 'pending'"), "1");
    EXPECT_THAT(told(), ElementsAre(Row{"OrderConfirmed", a.text()}));
    EXPECT_EQ(database.value("select traceparent from outbox where type = 'OrderConfirmed'"), "00-reply");
    EXPECT_THAT(history(a), ElementsAre(Row{"1", "t", "OrderCreated", "pending"},
                                        Row{"2", "t", "StockReserved", "pending"},
                                        Row{"3", "t", "PaymentProcessed", "confirmed"}));
    EXPECT_EQ(replica.commits, 1);
}

TEST_F(PgOrderTransactionTest, deadlines_move_on_the_clock_of_the_database) {
    const auto id = placed(ada);
    handle({reserved(id)});
    EXPECT_EQ(database.value("select deadline between clock_timestamp() + interval '19 s' and "
                             "clock_timestamp() + interval '20 s' from orders"),
              "t");
}

TEST_F(PgOrderTransactionTest, a_message_that_comes_again_changes_nothing) {
    const auto id = placed(ada);
    const auto reply = reserved(id), payment = paid(id);
    handle({reply, reply});
    handle({reply});
    handle({reply, payment, payment});
    EXPECT_EQ(history(id).size(), 3u);
    EXPECT_EQ(told().size(), 1u);
    EXPECT_EQ(database.value("select version from orders"), "3");
    EXPECT_THAT(replica.metrics.text(),
                testing::HasSubstr("messages_duplicate_total{consumer=\"order.saga\"} 4"));
}

TEST_F(PgOrderTransactionTest, what_was_not_committed_never_happened) {
    const auto id = placed(ada);
    const auto reply = reserved(id);
    {
        auto transaction = run(replica.orders.begin());
        auto locked = run(transaction->load({reply}));
        EXPECT_EQ(locked.fresh.size(), 1u);
        run(transaction->save(decide(saga, std::move(locked), ids)));
    }
    EXPECT_EQ(history(id).size(), 1u);
    EXPECT_EQ(database.value("select count(*) from inbox"), "0");
    handle({reply});
    EXPECT_EQ(history(id).size(), 2u);
}

TEST_F(PgOrderTransactionTest, a_reply_about_no_order_leaves_no_trace) {
    EXPECT_THROW(handle({reserved(placed(ada)), reserved(OrderId{ids.next()})}), UnknownOrder);
    EXPECT_EQ(database.value("select count(*) from inbox"), "0");
    EXPECT_EQ(database.value("select step from orders"), "0");
}

TEST_F(PgOrderTransactionTest, the_second_transaction_on_an_order_sees_what_the_first_one_wrote) {
    const auto id = placed(ada);
    auto first = run(replica.orders.begin());
    auto locked = run(first->load({paid(id)}));
    auto second = run(replica.orders.begin());
    std::optional<LockedOrders> seen;
    boost::asio::co_spawn(io, second->load_one(id),
                          [&](std::exception_ptr, LockedOrders orders) { seen = std::move(orders); });
    platform::testing::run_until(io, [&] { return database.somebody_waits(); });
    EXPECT_FALSE(seen);
    run(first->save(decide(saga, std::move(locked), ids)));
    run(first->commit());
    platform::testing::run_until(io, [&] { return seen.has_value(); });
    EXPECT_EQ(seen->orders.at(id).saga.status, OrderStatus::confirmed);
    EXPECT_EQ(seen->orders.at(id).version, 2);
}

TEST_F(PgOrderTransactionTest, one_message_given_to_two_replicas_takes_effect_once) {
    const auto id = placed(ada);
    const auto reply = paid(id);
    Replica other{io, database.url()};
    auto first = run(replica.orders.begin());
    auto locked = run(first->load({reply}));
    auto second = run(other.orders.begin());
    std::optional<LockedOrders> seen;
    boost::asio::co_spawn(io, second->load({reply}),
                          [&](std::exception_ptr, LockedOrders orders) { seen = std::move(orders); });
    platform::testing::run_until(io, [&] { return database.somebody_waits(); });
    run(first->save(decide(saga, std::move(locked), ids)));
    run(first->commit());
    platform::testing::run_until(io, [&] { return seen.has_value(); });
    EXPECT_THAT(seen->fresh, IsEmpty());
}

TEST_F(PgOrderTransactionTest, an_order_is_read_back_as_it_was_written) {
    const auto id = placed(ada);
    run(cancel_order(ports, ada, id, ""));
    auto transaction = run(replica.orders.begin());
    const auto order = run(transaction->load_one(id)).orders.at(id);
    EXPECT_EQ(order.user, ada);
    EXPECT_EQ(order.saga.status, OrderStatus::cancelling);
    EXPECT_EQ(order.saga.undos_open, 3);
    EXPECT_EQ(order.saga.undo_round, 1);
    EXPECT_EQ(order.cancel_reason, CancelReason::customer_request);
    EXPECT_EQ(order.cancel_detail, "by the customer");
    EXPECT_THAT(order.lines, ElementsAre(OrderLine{Sku{"MUG"}, 2, {1250, {"EUR"}}}));
    EXPECT_THAT(run(transaction->load_one(OrderId{ids.next()})).orders, IsEmpty());
}

TEST_F(PgOrderTransactionTest, due_orders_that_another_replica_holds_are_left_to_it) {
    const auto a = placed(ada), b = placed(ada);
    placed(ada);  // Not due.
    overdue(a);
    overdue(b);
    auto first = run(replica.orders.begin()), second = run(replica.orders.begin());
    const auto held = due(*first, 1);
    ASSERT_EQ(held.orders.size(), 1u);
    const auto rest = due(*second);
    ASSERT_EQ(rest.orders.size(), 1u);
    EXPECT_NE(held.orders.begin()->first, rest.orders.begin()->first);
}

TEST_F(PgOrderTransactionTest, due_orders_tell_whether_their_events_have_left) {
    const auto sent = placed(ada), unsent = placed(ada);
    database.execute("update outbox set sent_at = now() where subject = '" + sent.text() + "'");
    overdue(sent);
    overdue(unsent);
    auto transaction = run(replica.orders.begin());
    const auto locked = due(*transaction);
    EXPECT_THAT(locked.orders, testing::UnorderedElementsAre(Key(sent), Key(unsent)));
    EXPECT_THAT(locked.still_unsent, ElementsAre(unsent));
}

TEST_F(PgOrderTransactionTest, the_sweep_undoes_what_is_overdue_and_repeats_what_nobody_answered) {
    const auto id = placed(ada);
    EXPECT_EQ(run(sweep_deadlines(ports, 10)), 0u);
    overdue(id);
    EXPECT_EQ(run(sweep_deadlines(ports, 10)), 1u);
    EXPECT_EQ(status(id), "cancelling");
    const auto undos = ElementsAre(Row{"ReleaseStock", id.text()}, Row{"RefundPayment", id.text()});
    EXPECT_THAT(told(), undos);
    EXPECT_EQ(run(sweep_deadlines(ports, 10)), 0u);

    overdue(id);  // The first copies are still here, so no second ones are made.
    EXPECT_EQ(run(sweep_deadlines(ports, 10)), 1u);
    EXPECT_THAT(told(), undos);
    database.execute("update outbox set sent_at = now()");
    overdue(id);
    EXPECT_EQ(run(sweep_deadlines(ports, 10)), 1u);
    EXPECT_EQ(told().size(), 4u);
    EXPECT_EQ(database.value("select count(distinct id) from outbox"), "5");
    handle({message(StockReleased{id, 0}), message(PaymentRefunded{id, RefundOutcome::nothing, {}})});
    EXPECT_EQ(status(id), "cancelled");
    EXPECT_EQ(run(sweep_deadlines(ports, 10)), 0u);
}

TEST_F(PgOrderTransactionTest, an_order_that_cannot_be_read_stops_no_deadline_of_another) {
    const auto bad = placed(ada), good = placed(ada);
    database.execute(R"(update orders set lines = '{"no": "list"}' where id = ')" + bad.text() + "'");
    overdue(bad);
    overdue(good);
    EXPECT_EQ(run(sweep_deadlines(ports, 10)), 2u);
    EXPECT_EQ(status(bad), "cancelling");
    EXPECT_EQ(status(good), "cancelling");
    EXPECT_EQ(database.value("select lines->>'no' from orders where id = '" + bad.text() + "'"), "list");
    EXPECT_EQ(database.value("select lines->0->>'sku' from orders where id = '" + good.text() + "'"), "MUG");
}

TEST_F(PgOrderTransactionTest, the_sweep_takes_a_bounded_number_at_once) {
    for (int i = 0; i < 3; ++i) overdue(placed(ada));
    EXPECT_EQ(run(sweep_deadlines(ports, 2)), 2u);
    EXPECT_EQ(run(sweep_deadlines(ports, 2)), 1u);
    EXPECT_EQ(database.value("select count(*) from orders where status = 'cancelling'"), "3");
}

}  // namespace
}  // namespace shop::order
