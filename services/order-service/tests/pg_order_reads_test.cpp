#include "services/order-service/app/infrastructure/pg_order_reads.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/order-service/app/application/handle_replies.hpp"
#include "services/order-service/app/application/place_order.hpp"
#include "services/order-service/app/infrastructure/pending_limit.hpp"
#include "services/order-service/app/infrastructure/pg_outcomes.hpp"
#include "services/order-service/tests/order_storage.hpp"

namespace shop::order {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

struct PgOrderReadsTest : testing::Test, Storage {
    std::vector<OrderId> listed(UserId buyer, std::optional<OrderId> after, std::int64_t limit) {
        std::vector<OrderId> out;
        for (const auto& one : run(reads.orders(buyer, after, limit))) out.push_back(one.id);
        return out;
    }
    void confirm(OrderId id) {
        run(handle_replies(ports, {{ids.next(), PaymentProcessed{id, "pi_1", {2500, {"EUR"}}}, ""}}));
    }
};

TEST_F(PgOrderReadsTest, an_order_is_seen_by_its_buyer_only) {
    const auto id = placed(ada);
    const auto view = run(reads.order(ada, id));
    ASSERT_TRUE(view);
    EXPECT_EQ(view->id, id);
    EXPECT_EQ(view->status, OrderStatus::pending);
    EXPECT_THAT(view->lines, ElementsAre(OrderLine{Sku{"MUG"}, 2, {1250, {"EUR"}}}));
    EXPECT_EQ(view->total, (Money{2500, {"EUR"}}));
    EXPECT_EQ(view->shipping_address, "1 Main Street");
    EXPECT_FALSE(view->cancel_reason || view->cancel_detail);
    EXPECT_FALSE(run(reads.order(bob, id)));
    EXPECT_FALSE(run(reads.timeline(bob, id)));
    EXPECT_FALSE(run(reads.order(ada, OrderId{ids.next()})));
}

TEST_F(PgOrderReadsTest, a_cancelled_order_says_why) {
    const auto id = placed(ada);
    run(cancel_order(ports, ada, id, ""));
    const auto view = run(reads.order(ada, id));
    EXPECT_EQ(view->cancel_reason, CancelReason::customer_request);
    EXPECT_EQ(view->cancel_detail, "by the customer");
}

TEST_F(PgOrderReadsTest, pages_run_from_the_newest_order_to_the_oldest) {
    const auto first = placed(ada), second = placed(ada), third = placed(ada);
    placed(bob);
    EXPECT_THAT(listed(ada, {}, 2), ElementsAre(third, second));
    EXPECT_THAT(listed(ada, second, 2), ElementsAre(first));
    EXPECT_THAT(listed(ada, first, 2), IsEmpty());
}

TEST_F(PgOrderReadsTest, the_timeline_is_in_the_order_of_what_happened_to_the_order) {
    const auto id = placed(ada);
    confirm(id);
    run(handle_replies(ports, {{ids.next(), StockReserved{id, {2500, {"EUR"}}, {"pm"}}, ""}}));  // Late.
    const auto timeline = run(reads.timeline(ada, id));
    ASSERT_TRUE(timeline);
    std::vector<std::string> events;
    for (const auto& entry : timeline->entries) events.push_back(entry.event);
    EXPECT_THAT(events, ElementsAre("OrderCreated", "PaymentProcessed", "StockReserved"));
    EXPECT_EQ(timeline->entries[1].to, OrderStatus::confirmed);
    EXPECT_EQ(timeline->entries[1].detail, "pi_1, 2500 EUR");
}

TEST_F(PgOrderReadsTest, a_timeline_touches_the_days_of_its_order_only) {
    database.execute(R"(do $$ begin for d in 0..60 loop
        execute format('create table order_history_d%s partition of order_history '
            'for values from (%L) to (%L)', d,
            date_trunc('day', now(), 'UTC') + make_interval(hours => 24 * (d - 30)),
            date_trunc('day', now(), 'UTC') + make_interval(hours => 24 * (d - 29)));
        end loop; end $$)");
    const auto id = placed(ada);
    confirm(id);
    // Whoever touches one of the other days waits for this transaction, and fails for that.
    database.execute(R"(begin; do $$ declare day text; begin
        for day in select inhrelid::regclass::text from pg_inherits
            where inhparent = 'order_history'::regclass and inhrelid::regclass::text
            not in ('order_history_d29', 'order_history_d30', 'order_history_d31')
        loop execute 'lock table ' || day || ' in access exclusive mode'; end loop; end $$)");
    EXPECT_EQ(database.value("select count(*) from pg_locks where mode = 'AccessExclusiveLock' and "
                             "pid = pg_backend_pid() and relation::regclass::text like 'order_history%'"),
              "59");
    // More often than PostgreSQL plans for the values before it tries a plan for any value.
    for (int read = 0; read < 12; ++read) EXPECT_EQ(run(reads.timeline(ada, id))->entries.size(), 2u);
}

TEST_F(PgOrderReadsTest, a_late_reply_is_in_the_timeline_however_late_it_comes) {
    const auto id = placed(ada);
    confirm(id);
    database.execute(
        "update orders set created_at = created_at - interval '9 days', updated_at = updated_at "
        "- interval '8 days'; update order_history set at = at - interval '8 days'");
    EXPECT_EQ(run(reads.timeline(ada, id))->entries.size(), 2u);
    run(handle_replies(ports, {{ids.next(), StockReserved{id, {2500, {"EUR"}}, {"pm"}}, ""}}));
    EXPECT_EQ(run(reads.timeline(ada, id))->entries.size(), 3u);
}

TEST_F(PgOrderReadsTest, final_orders_are_told_from_open_ones) {
    const auto open = placed(ada), confirmed = placed(ada);
    confirm(confirmed);
    EXPECT_THAT(run(read_final(replica.pool, {open, confirmed})), ElementsAre(confirmed));
}

TEST_F(PgOrderReadsTest, whoever_waits_for_an_order_is_woken_when_it_is_final) {
    PgOutcomes outcomes{io, replica.pool, 10};
    const auto a = placed(ada), b = placed(ada);
    int woken = 0;
    for (const auto& id : {a, a, b})
        boost::asio::co_spawn(io, outcomes.wait(id, 1h), [&](std::exception_ptr) { ++woken; });
    io.poll();
    run(outcomes.look());
    EXPECT_EQ(woken, 0);
    confirm(a);
    run(outcomes.look());
    platform::testing::run_until(io, [&] { return woken == 2; });
    confirm(b);
    run(outcomes.look());
    platform::testing::run_until(io, [&] { return woken == 3; });
}

TEST_F(PgOrderReadsTest, nobody_waits_for_an_order_in_a_process_that_ends) {
    PgOutcomes outcomes{io, replica.pool, 10};
    const auto id = placed(ada);
    bool woken = false;
    boost::asio::co_spawn(io, outcomes.wait(id, 1h), [&](std::exception_ptr) { woken = true; });
    io.poll();
    EXPECT_FALSE(woken);
    outcomes.drain();
    platform::testing::run_until(io, [&] { return woken; });
    run(outcomes.wait(id, 1h));
}

TEST_F(PgOrderReadsTest, waiting_has_an_end_and_so_has_the_number_of_those_who_wait) {
    PgOutcomes outcomes{io, replica.pool, 1};
    const auto id = placed(ada);
    run(outcomes.wait(id, 1ms));
    bool ended = false;
    boost::asio::co_spawn(io, outcomes.wait(id, 1h), [&](std::exception_ptr) { ended = true; });
    io.poll();
    run(outcomes.wait(id, 1h));  // One too many: not made to wait.
    EXPECT_FALSE(ended);
    confirm(id);
    run(outcomes.look());
    platform::testing::run_until(io, [&] { return ended; });
}

TEST_F(PgOrderReadsTest, orders_are_admitted_while_few_enough_are_open) {
    PendingLimit limit{replica.pool, {.pending_max = 2, .cancelling_max = 1}, replica.metrics};
    EXPECT_TRUE(limit.admit() && limit.admit());
    EXPECT_FALSE(limit.admit());
    run(limit.sample());  // Nothing came of those two.
    const auto id = placed(ada);
    run(limit.sample());
    EXPECT_TRUE(limit.admit());
    EXPECT_FALSE(limit.admit());
    confirm(id);
    run(limit.sample());
    EXPECT_TRUE(limit.admit());
    EXPECT_THAT(replica.metrics.text(), testing::HasSubstr("shop_orders_not_admitted_total 2"));
}

TEST_F(PgOrderReadsTest, nothing_is_admitted_while_too_many_cancellations_are_unanswered) {
    PendingLimit limit{replica.pool, {.pending_max = 100, .cancelling_max = 1}, replica.metrics};
    run(cancel_order(ports, ada, placed(ada), ""));
    run(limit.sample());
    EXPECT_FALSE(limit.admit());
}

}  // namespace
}  // namespace shop::order
