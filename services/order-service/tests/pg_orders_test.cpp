#include "services/order-service/app/infrastructure/pg_orders.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/postgres/check.hpp"
#include "platform/postgres/errors.hpp"
#include "services/order-service/tests/order_storage.hpp"

namespace shop::order {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Row = std::vector<std::string>;
using Placed = std::expected<PlacedOrder, Refusal>;

const IdempotencyKey key{"k-1", "aaaa"};

struct PgOrdersTest : testing::Test, Storage {
    std::string orders() { return database.value("select count(*) from orders"); }
    std::vector<Placed> placed_together(std::vector<std::pair<PgOrders*, NewOrder>> orders) {
        std::vector<awaitable<Placed>> work;
        for (auto& [replica, order] : orders) work.push_back(replica->commit(std::move(order)));
        return platform::testing::together(io, std::move(work));
    }
    /// Commits both in one batch, the first under a key that is pruned after the batch has found it and
    /// before it reads whose it is. The writes of the batch wait in between, for a lock of ours.
    struct Outcome {
        std::exception_ptr failure;
        Placed placed;
    };
    std::pair<Outcome, Outcome> placed_while_the_key_is_pruned(NewOrder under_the_key, NewOrder other) {
        database.execute("begin; lock table orders in exclusive mode");
        std::optional<Outcome> first, second;
        boost::asio::co_spawn(io, replica.orders.commit(std::move(under_the_key)),
                              [&](std::exception_ptr failure, Placed placed) { first = {failure, placed}; });
        boost::asio::co_spawn(io, replica.orders.commit(std::move(other)),
                              [&](std::exception_ptr failure, Placed placed) { second = {failure, placed}; });
        platform::testing::run_until(io, [&] { return database.somebody_waits_for_us(); });
        database.execute("delete from idempotency_keys; commit");
        platform::testing::run_until(io, [&] { return first && second; });
        return {*first, *second};
    }
    /// Somebody else's transaction, still open, in which the key is used.
    OrderId key_taken_elsewhere() {
        const OrderId winner{ids.next()};
        database.execute("begin; insert into idempotency_keys values ('" + ada.text() + "', '" + key.key +
                         "', '" + key.request_sha256 + "', '" + winner.text() + "')");
        return winner;
    }
    Placed commit_while_key_is_taken(const std::string& end) {
        std::optional<Placed> result;
        boost::asio::co_spawn(io, replica.orders.commit(new_order(ada, key)),
                              [&](std::exception_ptr, Placed placed) { result = placed; });
        platform::testing::run_until(io, [&] { return database.somebody_waits_for_us(); });
        EXPECT_FALSE(result);
        database.execute(end);
        platform::testing::run_until(io, [&] { return result.has_value(); });
        return *result;
    }
};

TEST_F(PgOrdersTest, statements_fit_the_schema) {
    EXPECT_THAT(platform::postgres::check_statements(database.url(), {"order.", "messaging."}), IsEmpty());
}

TEST_F(PgOrdersTest, an_order_commits_with_its_history_and_its_event) {
    const auto order = new_order(ada);
    const auto id = order.order.id.text();
    EXPECT_FALSE(run(replica.orders.commit(order))->repeated);
    EXPECT_EQ(replica.commits, 1);
    EXPECT_THAT(database.execute("select id, user_id, status, step, version, total_amount, currency, "
                                 "shipping_address, payment_method, lines->0->>'sku' from orders"),
                ElementsAre(Row{id, ada.text(), "pending", "0", "1", "2500", "EUR", "1 Main Street",
                                "pm_card_visa", "MUG"}));
    EXPECT_THAT(database.execute("select order_id, version, changed, event, detail from order_history"),
                ElementsAre(Row{id, "1", "t", "OrderCreated", "2500 EUR"}));
    EXPECT_THAT(database.execute("select type, subject, traceparent, data::json->>'user_id' from outbox"),
                ElementsAre(Row{"OrderCreated", id, "00-trace", ada.text()}));
}

TEST_F(PgOrdersTest, the_first_deadline_counts_on_the_clock_of_the_database) {
    placed(ada);
    EXPECT_EQ(database.value("select deadline - created_at from orders"), "00:00:10");
}

TEST_F(PgOrdersTest, orders_that_come_at_once_share_transactions) {
    std::vector<std::pair<PgOrders*, NewOrder>> many;
    for (int i = 0; i < 100; ++i) many.emplace_back(&replica.orders, new_order(ada));
    for (const auto& one : placed_together(std::move(many))) EXPECT_TRUE(one && !one->repeated);
    EXPECT_EQ(orders(), "100");
    EXPECT_LE(std::stoi(database.value("select count(distinct xmin::text) from orders")), 3);
}

TEST_F(PgOrdersTest, one_that_the_database_refuses_takes_no_other_with_it) {
    auto bad = new_order(ada);
    bad.total.amount = -1;
    std::vector<awaitable<Placed>> work;
    work.push_back(replica.orders.commit(new_order(ada)));
    work.push_back(replica.orders.commit(bad));
    work.push_back(replica.orders.commit(new_order(ada)));
    EXPECT_THROW(platform::testing::together(io, std::move(work)), platform::postgres::Error);
    EXPECT_EQ(orders(), "2");
}

TEST_F(PgOrdersTest, a_key_used_several_times_in_one_batch_makes_one_order) {
    std::vector<std::pair<PgOrders*, NewOrder>> same;
    for (int i = 0; i < 5; ++i) same.emplace_back(&replica.orders, new_order(ada, key));
    const auto results = placed_together(std::move(same));
    int first = 0;
    for (const auto& one : results) {
        EXPECT_EQ(one->id, results[0]->id);
        first += one->repeated ? 0 : 1;
    }
    EXPECT_EQ(first, 1);
    EXPECT_EQ(orders(), "1");
    EXPECT_EQ(database.value("select count(*) from outbox"), "1");
    EXPECT_EQ(database.value("select id from orders"), results[0]->id.text());
}

TEST_F(PgOrdersTest, a_key_used_by_two_replicas_at_once_makes_one_order) {
    Replica other{io, database.url()};
    for (int round = 0; round < 20; ++round) {
        const IdempotencyKey fresh{"round-" + std::to_string(round), "aaaa"};
        const auto results = placed_together(
            {{&replica.orders, new_order(ada, fresh)}, {&other.orders, new_order(ada, fresh)}});
        EXPECT_EQ(results[0]->id, results[1]->id);
        EXPECT_NE(results[0]->repeated, results[1]->repeated);
    }
    EXPECT_EQ(orders(), "20");
}

TEST_F(PgOrdersTest, a_key_that_is_just_being_used_is_waited_for_and_its_order_returned) {
    const auto winner = key_taken_elsewhere();
    const auto result = commit_while_key_is_taken("commit");
    EXPECT_EQ(result->id, winner);
    EXPECT_TRUE(result->repeated);
    EXPECT_EQ(orders(), "0");
    EXPECT_EQ(database.value("select count(*) from outbox"), "0");
    EXPECT_EQ(replica.commits, 0);
}

TEST_F(PgOrdersTest, a_key_whose_first_use_was_rolled_back_is_free) {
    const auto loser = key_taken_elsewhere();
    const auto result = commit_while_key_is_taken("rollback");
    EXPECT_NE(result->id, loser);
    EXPECT_FALSE(result->repeated);
    EXPECT_EQ(orders(), "1");
}

TEST_F(PgOrdersTest, a_key_used_again_for_something_else_is_refused) {
    const auto first = run(replica.orders.commit(new_order(ada, key)));
    const auto again = run(replica.orders.commit(new_order(ada, {key.key, "bbbb"})));
    EXPECT_EQ(again.error(), Refusal::idempotency_key_reused);
    EXPECT_EQ(run(replica.orders.find(ada, {key.key, "bbbb"})).error(), Refusal::idempotency_key_reused);
    EXPECT_EQ(run(replica.orders.find(ada, key)).value(), first->id);
    EXPECT_EQ(orders(), "1");
}

TEST_F(PgOrdersTest, two_requests_under_one_key_in_one_batch_end_with_one_refused) {
    const auto results = placed_together(
        {{&replica.orders, new_order(ada, key)}, {&replica.orders, new_order(ada, {key.key, "bbbb"})}});
    EXPECT_NE(results[0].has_value(), results[1].has_value());
    EXPECT_EQ(orders(), "1");
}

TEST_F(PgOrdersTest, a_key_belongs_to_its_user) {
    const auto hers = run(replica.orders.commit(new_order(ada, key)));
    EXPECT_EQ(run(replica.orders.find(bob, key)).value(), std::nullopt);
    const auto his = run(replica.orders.commit(new_order(bob, {key.key, "bbbb"})));
    ASSERT_TRUE(his);
    EXPECT_NE(his->id, hers->id);
    EXPECT_EQ(run(replica.orders.find(bob, {key.key, "bbbb"})).value(), his->id);
}

TEST_F(PgOrdersTest, without_a_key_every_request_is_an_order_of_its_own) {
    const auto results =
        placed_together({{&replica.orders, new_order(ada)}, {&replica.orders, new_order(ada)}});
    EXPECT_NE(results[0]->id, results[1]->id);
    EXPECT_EQ(orders(), "2");
    EXPECT_EQ(database.value("select count(*) from idempotency_keys"), "0");
}

TEST_F(PgOrdersTest, nothing_is_accepted_after_the_end) {
    run(replica.orders.stop());
    EXPECT_THROW(run(replica.orders.commit(new_order(ada))), platform::Unavailable);
    EXPECT_THROW(run(replica.orders.find(ada, key)), platform::Unavailable);
}

TEST_F(PgOrdersTest, old_keys_are_pruned_oldest_first_and_never_more_than_asked) {
    database.execute("insert into idempotency_keys select '" + ada.text() + "', 'k' || i, '', '" +
                     ada.text() +
                     "', now() - make_interval(hours => i, mins => -30) from generate_series(1, 30) i");
    EXPECT_EQ(run(replica.pool.run(prune_keys, 24, 2)), 2);
    EXPECT_EQ(database.value("select key from idempotency_keys order by created_at limit 1"), "k28");
    EXPECT_EQ(run(replica.pool.run(prune_keys, 24, 100)), 4);
    EXPECT_EQ(database.value("select count(*) from idempotency_keys"), "24");
    EXPECT_EQ(run(replica.pool.run(prune_keys, 24, 100)), 0);
}

TEST_F(PgOrdersTest, pruning_does_not_wait_for_a_replica_that_prunes_too) {
    database.execute("insert into idempotency_keys select '" + ada.text() + "', 'k' || i, '', '" +
                     ada.text() + "', now() - interval '2 days' from generate_series(1, 3) i");
    database.execute("begin; delete from idempotency_keys where key = 'k1'");
    EXPECT_EQ(run(replica.pool.run(prune_keys, 24, 100)), 2);
    database.execute("rollback");
    EXPECT_EQ(database.value("select key from idempotency_keys"), "k1");
}

TEST_F(PgOrdersTest, a_key_that_is_pruned_while_it_is_used_again_is_a_new_one) {
    const auto first = run(replica.orders.commit(new_order(ada, key)))->id;
    const auto [again, other] = placed_while_the_key_is_pruned(new_order(ada, key), new_order(bob));
    for (const auto& one : {again, other}) {
        ASSERT_FALSE(one.failure);
        EXPECT_TRUE(one.placed && !one.placed->repeated);
    }
    EXPECT_EQ(orders(), "3");
    EXPECT_NE(database.value("select order_id from idempotency_keys"), first.text());
}

TEST_F(PgOrdersTest, one_that_fails_after_its_key_was_pruned_takes_no_committed_one_with_it) {
    run(replica.orders.commit(new_order(ada, key)));
    auto bad = new_order(ada, key);
    bad.total.amount = -1;
    const auto good = new_order(bob);
    const auto [failed, committed] = placed_while_the_key_is_pruned(bad, good);
    EXPECT_THROW(std::rethrow_exception(failed.failure), platform::postgres::Error);
    ASSERT_FALSE(committed.failure);
    EXPECT_EQ(committed.placed->id, good.order.id);
    EXPECT_EQ(orders(), "2");
}

}  // namespace
}  // namespace shop::order
