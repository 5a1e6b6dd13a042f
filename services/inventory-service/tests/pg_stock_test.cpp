#include "services/inventory-service/app/infrastructure/pg_stock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/postgres/check.hpp"
#include "platform/postgres/errors.hpp"
#include "platform/testing/together.hpp"
#include "services/inventory-service/tests/stock_storage.hpp"

namespace shop::inventory {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;
using Row = std::vector<std::string>;

struct PgStockTest : testing::Test, Storage {
    PgStockTest() {
        put("MUG", 5);
        put("PEN", 1);
    }
    std::string level(const std::string& sku) {
        return database.value("select on_hand || ' ' || reserved from stock where sku = '" + sku + "'");
    }
    std::string status(OrderId id) {
        return database.value("select status from reservations where order_id = '" + id.text() + "'");
    }
    std::vector<std::string> told() {
        std::vector<std::string> types;
        for (const auto& row : database.execute("select type from outbox order by id"))
            types.push_back(row[0]);
        return types;
    }
    /// Loads a message in a second transaction while a first one, which has loaded another message about the
    /// same order, commits.
    LockedStock loaded_behind(InventoryMessage first, InventoryMessage second) {
        auto one = run(stock.begin()), other = run(stock.begin());
        auto locked = run(one->load({std::move(first)}));
        std::optional<LockedStock> seen;
        boost::asio::co_spawn(io, other->load({std::move(second)}),
                              [&](std::exception_ptr, LockedStock found) { seen = std::move(found); });
        platform::testing::run_until(io, [&] { return database.somebody_waits(); });
        EXPECT_FALSE(seen);
        run(one->save(decide(std::move(locked), ids)));
        run(one->commit());
        platform::testing::run_until(io, [&] { return seen.has_value(); });
        run(other->save(decide(*seen, ids)));
        run(other->commit());
        return *seen;
    }
};

TEST_F(PgStockTest, statements_fit_the_schema) {
    EXPECT_THAT(platform::postgres::check_statements(database.url(), {"inventory.", "messaging."}),
                IsEmpty());
}

TEST_F(PgStockTest, loading_makes_the_rows_that_are_missing_and_locks_what_exists) {
    const auto id = new_order();
    auto transaction = run(stock.begin());
    const auto locked = run(transaction->load({created(id, {{"PEN", 1}, {"MUG", 1}, {"NONE", 1}})}));
    EXPECT_EQ(locked.fresh.size(), 1u);
    EXPECT_EQ(locked.reservations.at(id).status, ReservationStatus::fresh);
    EXPECT_THAT(locked.stock, ElementsAre(Key(Sku{"MUG"}), Key(Sku{"PEN"})));
    run(transaction->commit());
    EXPECT_EQ(status(id), "fresh");
}

TEST_F(PgStockTest, a_reservation_is_committed_with_its_event) {
    const auto id = new_order();
    handle({created(id, {{"MUG", 2}, {"PEN", 1}})});
    EXPECT_EQ(level("MUG"), "5 2");
    EXPECT_EQ(level("PEN"), "1 1");
    EXPECT_EQ(status(id), "held");
    EXPECT_THAT(
        database.execute("select type, subject, traceparent, data::json->'payment'->>'method' from outbox"),
        ElementsAre(Row{"StockReserved", id.text(), "00-trace", "pm_card_visa"}));
    EXPECT_EQ(commits, 1);
}

TEST_F(PgStockTest, a_refusal_is_kept_with_its_reason_and_reserves_nothing) {
    const auto id = new_order();
    handle({created(id, {{"MUG", 2}, {"PEN", 2}, {"NONE", 1}})});
    EXPECT_EQ(level("MUG"), "5 0");
    EXPECT_EQ(status(id), "refused");
    EXPECT_EQ(database.value("select data::json->'shortages'->1->>'available' from outbox"), "1");
    handle({created(id, {{"MUG", 1}})});  // The order again, under another message id.
    EXPECT_EQ(level("MUG"), "5 0");
    EXPECT_EQ(told().size(), 1u);
}

TEST_F(PgStockTest, a_confirmed_order_leaves_the_shelf_and_the_ledger_says_so) {
    const auto id = new_order();
    handle({created(id, {{"MUG", 2}})});
    handle({message(OrderConfirmed{id, {}})});
    EXPECT_EQ(level("MUG"), "3 0");
    EXPECT_EQ(status(id), "committed");
    EXPECT_THAT(
        database.execute("select delta, reason, order_id from movements where sku = 'MUG' order by id"),
        ElementsAre(Row{"5", "count", "null"}, Row{"-2", "sale", id.text()}));
    EXPECT_EQ(
        database.value("select count(*) from stock s where on_hand <> (select sum(delta) from movements "
                       "m where m.sku = s.sku)"),
        "0");
}

TEST_F(PgStockTest, a_released_order_gives_everything_back_and_is_answered_every_time) {
    const auto id = new_order();
    handle({created(id, {{"MUG", 2}})});
    handle({message(ReleaseStock{id})});
    handle({message(ReleaseStock{id})});
    EXPECT_EQ(level("MUG"), "5 0");
    EXPECT_THAT(told(), ElementsAre("StockReserved", "StockReleased", "StockReleased"));
    EXPECT_EQ(database.value("select count(*) from outbox where data::json->>'units' = '2'"), "2");
}

TEST_F(PgStockTest, a_batch_is_folded_in_the_order_of_delivery) {
    const auto sold = new_order(), undone = new_order(), refused = new_order();
    handle({created(sold, {{"MUG", 3}}), created(undone, {{"MUG", 2}}), created(refused, {{"MUG", 1}}),
            message(ReleaseStock{undone}), message(OrderConfirmed{sold, {}})});
    EXPECT_EQ(level("MUG"), "2 0");
    EXPECT_EQ(status(sold) + " " + status(undone) + " " + status(refused), "committed released refused");
    EXPECT_THAT(told(),
                ElementsAre("StockReserved", "StockReserved", "StockReservationFailed", "StockReleased"));
}

TEST_F(PgStockTest, a_message_that_comes_again_changes_nothing) {
    const auto id = new_order();
    const auto order = created(id, {{"MUG", 2}});
    handle({order, order});
    handle({order});
    EXPECT_EQ(level("MUG"), "5 2");
    EXPECT_EQ(told().size(), 1u);
    EXPECT_THAT(metrics.text(),
                testing::HasSubstr("messages_duplicate_total{consumer=\"inventory.orders\"} 2"));
}

TEST_F(PgStockTest, an_impossible_message_leaves_no_trace_of_its_batch) {
    const auto good = new_order(), unknown = new_order();
    EXPECT_THROW(handle({created(good, {{"MUG", 2}}), message(OrderConfirmed{unknown, {}})}),
                 ImpossibleMessage);
    EXPECT_EQ(level("MUG"), "5 0");
    EXPECT_EQ(database.value("select count(*) from inbox"), "0");
    EXPECT_EQ(database.value("select count(*) from reservations"), "0");
}

TEST_F(PgStockTest, an_undo_that_races_with_its_order_finds_what_the_order_did) {
    const auto id = new_order();
    const auto seen = loaded_behind(created(id, {{"MUG", 2}}), message(ReleaseStock{id}));
    EXPECT_EQ(seen.reservations.at(id).status, ReservationStatus::held);
    EXPECT_EQ(seen.stock.at({"MUG"}), (Stock{5, 2}));
    EXPECT_EQ(status(id), "released");
    EXPECT_EQ(level("MUG"), "5 0");
}

TEST_F(PgStockTest, an_order_that_races_with_its_undo_is_not_reserved) {
    const auto id = new_order();
    const auto seen = loaded_behind(message(ReleaseStock{id}), created(id, {{"MUG", 2}}));
    EXPECT_EQ(seen.reservations.at(id).status, ReservationStatus::released);
    EXPECT_EQ(level("MUG"), "5 0");
    EXPECT_THAT(told(), ElementsAre("StockReleased"));
}

TEST_F(PgStockTest, two_orders_for_the_last_piece_are_decided_one_after_the_other) {
    const auto a = new_order(), b = new_order();
    loaded_behind(created(a, {{"PEN", 1}}), created(b, {{"PEN", 1}}));
    EXPECT_EQ(status(a) + " " + status(b), "held refused");
    EXPECT_EQ(level("PEN"), "1 1");
}

TEST_F(PgStockTest, the_schema_refuses_to_oversell_whatever_the_program_says) {
    auto transaction = run(stock.begin());
    run(transaction->load_or_create(asked("MUG")));
    Changes changes;
    changes.stock[Sku{"MUG"}] = {5, 6};
    run(transaction->save(changes));
    try {
        run(transaction->commit());
        FAIL() << "six of five were reserved";
    } catch (const platform::postgres::Error& refused) {
        EXPECT_EQ(refused.constraint(), "stock_not_oversold");
    }
    EXPECT_EQ(level("MUG"), "5 0");
}

TEST_F(PgStockTest, a_count_or_an_adjustment_is_explained_by_the_ledger) {
    EXPECT_EQ(run(adjust_stock(ports, asked("NEW"), 7, "delivery"))->stock, (Stock{7, 0}));
    EXPECT_EQ(run(set_stock(ports, asked("NEW"), 7, "count"))->stock, (Stock{7, 0}));
    EXPECT_EQ(run(set_stock(ports, asked("EMPTY"), 0, "new"))->stock, (Stock{0, 0}));
    EXPECT_THAT(database.execute("select sku, delta, reason from movements where sku in ('NEW', 'EMPTY')"),
                ElementsAre(Row{"NEW", "7", "delivery"}));
    EXPECT_EQ(level("EMPTY"), "0 0");
}

TEST_F(PgStockTest, what_is_promised_cannot_be_taken_away_and_a_refusal_makes_no_row) {
    handle({created(new_order(), {{"MUG", 2}})});
    EXPECT_EQ(run(set_stock(ports, asked("MUG"), 1, "count")).error().reason, Refusal::below_reserved);
    EXPECT_EQ(run(adjust_stock(ports, asked("MUG"), -4, "loss")).error().reason, Refusal::below_reserved);
    EXPECT_EQ(run(adjust_stock(ports, asked("NEW"), -1, "loss")).error().reason, Refusal::below_reserved);
    EXPECT_EQ(level("MUG"), "5 2");
    EXPECT_EQ(database.value("select count(*) from stock"), "2");
}

TEST_F(PgStockTest, stock_and_movements_are_read_in_pages) {
    handle({created(new_order(), {{"MUG", 2}})});
    ASSERT_TRUE(run(adjust_stock(ports, asked("MUG"), 3, "delivery")));
    const auto mug = run(reads.stock(Sku{"MUG"}));
    ASSERT_TRUE(mug);
    EXPECT_EQ(mug->on_hand, 8);
    EXPECT_EQ(mug->reserved, 2);
    EXPECT_EQ(mug->available, 6);
    EXPECT_FALSE(run(reads.stock(Sku{"NONE"})));
    EXPECT_THAT(run(reads.list({}, 1)), ElementsAre(testing::Field(&StockView::sku, Sku{"MUG"})));
    EXPECT_THAT(run(reads.list(Sku{"MUG"}, 5)), ElementsAre(testing::Field(&StockView::sku, Sku{"PEN"})));
    const auto newest = run(reads.movements(Sku{"MUG"}, {}, 1));
    EXPECT_THAT(newest, ElementsAre(testing::Field(&MovementView::reason, "delivery")));
    EXPECT_THAT(run(reads.movements(Sku{"MUG"}, newest[0].id, 5)),
                ElementsAre(testing::Field(&MovementView::reason, "count")));
}

}  // namespace
}  // namespace shop::inventory
