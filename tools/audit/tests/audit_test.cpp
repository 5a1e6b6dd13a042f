#include "tools/audit/audit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/audit/tests/small_world.hpp"

namespace shop::audit {
namespace {

using Corrupt = void (*)(SmallWorld&);

constexpr auto confirmed = SmallWorld::confirmed, refunded = SmallWorld::refunded,
               refused = SmallWorld::refused;

/// One thing made wrong, and the checks that must see it; where several must, one wrong row contradicts
/// several books.
struct Corruption {
    const char* name;
    const char* seen_by;
    Corrupt corrupt;
};

const Corruption corruptions[] = {
    {"a_pending_order", "A1",
     [](SmallWorld& world) {
         world.order(refused).status = OrderStatus::pending;
         for (auto& row : world.books.history)
             if (row.order == world.order(refused).id) row.to = row.from = OrderStatus::pending;
     }},
    {"a_payment_under_way", "A1",
     [](SmallWorld& world) {
         world.books.payments.push_back({world.order_id(refused), PaymentStatus::charging, 1000,
                                         world.name("EUR"), "", "", world.books.now, world.books.now});
     }},
    {"confirmed_without_a_reservation", "A2 A7",
     [](SmallWorld& world) { world.books.reservations.erase(world.books.reservations.begin()); }},
    {"cancelled_and_still_held", "A2",
     [](SmallWorld& world) {
         world.reservation(refunded).status = ReservationStatus::held;
         world.books.stock[0].reserved = 4;
     }},
    {"another_quantity_reserved", "A3",
     [](SmallWorld& world) { world.reservation(refunded).lines[0].quantity = 3; }},
    {"another_sku_reserved", "A3",
     [](SmallWorld& world) { world.reservation(refunded).lines[0].sku = world.name("TEA"); }},
    {"reserved_lines_unreadable", "A3",
     [](SmallWorld& world) { world.reservation(refused).lines_readable = false; }},
    {"confirmed_and_another_amount", "A4 A5 A6",
     [](SmallWorld& world) { world.payment(confirmed).amount = 999; }},
    {"confirmed_and_unpaid", "A4 A5 A6",
     [](SmallWorld& world) { world.books.payments.erase(world.books.payments.begin()); }},
    {"cancelled_and_charged", "A4 A5 A6",
     [](SmallWorld& world) { world.payment(refunded).status = PaymentStatus::charged; }},
    {"charged_twice", "A5",
     [](SmallWorld& world) {
         // Both together are the amount that we know of, so that only their number tells.
         world.books.provider->moves.push_back(world.books.provider->moves[0]);
         world.books.provider->moves.front().amount = 999;
         world.books.provider->moves.back().amount = 1;
     }},
    {"a_charge_nobody_knows", "A5",
     [](SmallWorld& world) {
         auto move = world.books.provider->moves[0];
         move.order = world.order_id(77);
         move.order_text = move.order->text();
         world.books.provider->moves.push_back(move);
     }},
    {"a_charge_without_an_order_id", "A5",
     [](SmallWorld& world) {
         auto move = world.books.provider->moves[0];
         move.order.reset();
         move.order_text = "what";
         world.books.provider->moves.push_back(move);
     }},
    {"a_refund_the_provider_lacks", "A5", [](SmallWorld& world) { world.books.provider->moves.pop_back(); }},
    {"another_payment_at_the_provider", "A5",
     [](SmallWorld& world) { world.payment(confirmed).provider_id = "pi_x"; }},
    {"another_currency_at_the_provider", "A5",
     [](SmallWorld& world) { world.books.provider->moves[0].currency = world.name("USD"); }},
    {"another_refund_at_the_provider", "A5",
     [](SmallWorld& world) { world.payment(refunded).refund_id = "re_x"; }},
    {"a_damaged_log", "A5",
     [](SmallWorld& world) { world.books.provider->damage.push_back("line 3 is not a line"); }},
    {"a_lopsided_transaction", "A6", [](SmallWorld& world) { world.books.ledger[1].amount = -999; }},
    {"a_lost_transaction", "A6",
     [](SmallWorld& world) {
         world.books.ledger.erase(world.books.ledger.begin(), world.books.ledger.begin() + 2);
     }},
    {"a_transaction_without_a_payment", "A6",
     [](SmallWorld& world) {
         const auto transaction = world.next_id();
         for (const std::int64_t amount : {5, -5})
             world.books.ledger.push_back({transaction, world.order_id(refused),
                                           world.name(amount > 0 ? "provider_balance" : "sales"), amount,
                                           world.name("EUR")});
     }},
    {"a_lost_movement", "A7",
     [](SmallWorld& world) { world.books.movements.erase(world.books.movements.begin()); }},
    {"a_lost_sale", "A7", [](SmallWorld& world) { world.books.movements.pop_back(); }},
    {"a_sale_without_a_reservation", "A7",
     [](SmallWorld& world) {
         world.books.movements.push_back({world.name("TEA"), -1, world.order_id(77)});
         world.books.stock[1].on_hand = 4;
     }},
    {"a_sale_of_what_was_released", "A7",
     [](SmallWorld& world) {
         world.books.movements.push_back({world.name("MUG"), -1, world.order_id(refunded)});
         world.books.stock[0].on_hand = 5;
     }},
    {"reserved_and_not_held", "A7", [](SmallWorld& world) { world.books.stock[1].reserved = 1; }},
    {"oversold", "A7",
     [](SmallWorld& world) {
         world.books.stock[1].on_hand = -1;
         world.books.movements.push_back({world.name("TEA"), -6, {}});
     }},
    {"moved_and_not_in_stock", "A7",
     [](SmallWorld& world) { world.books.movements.push_back({world.name("CUP"), 1, {}}); }},
    {"an_unsent_event", "A8",
     [](SmallWorld& world) {
         world.books.sent.push_back(
             {world.next_id(), world.name("OrderCreated"), world.name("order-service"), world.now, {}});
     }},
    {"an_event_that_one_of_two_handled", "A9",
     [](SmallWorld& world) { world.books.handled.erase(world.books.handled.begin() + 1); }},
    {"an_event_that_nobody_handled", "A9",
     [](SmallWorld& world) { world.add_event("order-service", "ReleaseStock", {}); }},
    {"a_message_nobody_sent", "A9",
     [](SmallWorld& world) {
         world.books.handled.push_back({world.next_id(), world.name("order.saga"), world.now});
     }},
    {"a_message_for_somebody_else", "A9",
     [](SmallWorld& world) {
         world.add_event("order-service", "OrderCreated", {"inventory.orders", "payment.orders"});
     }},
    {"a_gap_in_the_versions", "A10",
     [](SmallWorld& world) { world.books.history.erase(world.books.history.begin() + 1); }},
    {"a_version_twice", "A10",
     [](SmallWorld& world) { world.books.history.push_back(world.books.history[1]); }},
    {"a_forbidden_step", "A10",
     [](SmallWorld& world) {
         world.books.history[6].to = OrderStatus::confirmed;
         world.books.history[7].from = OrderStatus::confirmed;
     }},
    {"a_change_after_the_end", "A10",
     [](SmallWorld& world) {
         world.books.history.push_back(
             {world.order_id(confirmed), 4, true, OrderStatus::confirmed, OrderStatus::confirmed});
         world.order(confirmed).version = 4;
     }},
    {"a_history_that_ends_elsewhere", "A10", [](SmallWorld& world) { world.order(confirmed).version = 4; }},
    {"a_note_that_changes", "A10",
     [](SmallWorld& world) { world.books.history[3].from = OrderStatus::pending; }},
    {"a_lost_history", "A10",
     [](SmallWorld& world) {
         std::erase_if(world.books.history,
                       [&](const HistoryRow& row) { return row.order == world.order_id(refunded); });
     }},
    {"a_history_of_no_order", "A10",
     [](SmallWorld& world) {
         world.books.history.push_back({world.order_id(77), 1, true, {}, {}});
         world.books.history.push_back({world.order_id(0), 1, true, {}, {}});
     }},
    {"a_wrong_total", "A11", [](SmallWorld& world) { world.order(refunded).total = 1001; }},
    {"a_line_in_another_currency", "A11",
     [](SmallWorld& world) { world.order(refunded).lines[1].currency = world.name("USD"); }},
    {"a_key_of_no_order", "A12", [](SmallWorld& world) { world.books.keys[0].order = world.order_id(77); }},
    {"a_key_of_another_user", "A12", [](SmallWorld& world) { world.books.keys[0].user = {}; }},
    {"a_key_twice", "A12", [](SmallWorld& world) { world.books.keys.push_back(world.books.keys[0]); }},
    {"two_keys_of_one_order", "A12",
     [](SmallWorld& world) {
         world.books.keys.push_back(world.books.keys[0]);
         world.books.keys.back().key = "another";
     }},
    {"a_reservation_without_an_order", "A14",
     [](SmallWorld& world) {
         world.books.reservations.push_back(
             {.order = world.order_id(77), .status = ReservationStatus::released});
     }},
    {"a_payment_without_an_order", "A14",
     [](SmallWorld& world) {
         world.books.payments.push_back({.order = world.order_id(77), .status = PaymentStatus::voided});
     }},
    {"an_order_without_lines", "A3 A11 A15", [](SmallWorld& world) { world.order(refunded).lines.clear(); }},
    {"a_quantity_out_of_range", "A15",
     [](SmallWorld& world) {
         for (auto& line : world.order(refused).lines) line = {line.sku, 100, 5, line.currency};
     }},
    {"a_reservation_of_less_than_one", "A3 A15",
     [](SmallWorld& world) { world.reservation(refunded).lines[0].quantity = 0; }},
    {"a_declined_payment_of_nothing", "A15",
     [](SmallWorld& world) {
         world.books.payments.push_back(
             {.order = world.order_id(refused), .status = PaymentStatus::declined});
     }},
    {"more_refunded_than_charged", "A5 A15",
     [](SmallWorld& world) { world.books.provider->moves.back().amount = 1001; }},
    {"a_full_queue", "A16", [](SmallWorld& world) { world.books.queues->at(0).messages = 1; }},
    {"an_unacknowledged_message", "A16",
     [](SmallWorld& world) { world.books.queues->at(0).unacknowledged = 1; }},
    {"a_dead_letter", "A16", [](SmallWorld& world) { world.books.queues->at(1).messages = 1; }},
    {"a_missing_queue", "A16",
     [](SmallWorld& world) { world.books.queues->erase(world.books.queues->begin()); }},
};

struct CorruptionTest : testing::TestWithParam<Corruption> {};

TEST_P(CorruptionTest, is_seen) {
    SmallWorld world;
    GetParam().corrupt(world);
    EXPECT_EQ(failed(audit(world.books, {})), GetParam().seen_by);
}

INSTANTIATE_TEST_SUITE_P(Audit, CorruptionTest, testing::ValuesIn(corruptions),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Audit, finds_nothing_in_books_that_agree) {
    SmallWorld world;
    EXPECT_EQ(failed(audit(world.books, {})), "");
}

TEST(Audit, has_every_check_in_order) {
    SmallWorld world;
    std::string ids;
    for (const auto& check : audit(world.books, {})) ids += std::string(check.id) + " ";
    EXPECT_EQ(ids, "A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18 ");
}

TEST(Audit, names_the_offender_and_the_figures) {
    SmallWorld world;
    world.books.stock[0].on_hand = 7;
    const auto checks = audit(world.books, {});
    const auto& check = check_of(checks, "A7");
    ASSERT_EQ(check.offenders.size(), 1u);
    EXPECT_EQ(check.offenders[0].subject, "MUG");
    EXPECT_EQ(check.offenders[0].detail, "on hand 7, movements sum to 6");
}

TEST(Audit, counts_all_offenders_and_keeps_the_first) {
    SmallWorld world;
    for (std::size_t i = 0; i < 2 * offenders_max; ++i)
        world.books.queues->push_back({std::to_string(100'000 + i), 1, 0});
    const auto checks = audit(world.books, {});
    EXPECT_EQ(check_of(checks, "A16").count, 2 * offenders_max);
    EXPECT_EQ(check_of(checks, "A16").offenders.size(), offenders_max);
    EXPECT_EQ(check_of(checks, "A16").offenders[0].subject, "100000");
}

TEST(Audit, tells_a_refund_that_the_provider_refuses_without_calling_it_an_imbalance) {
    SmallWorld world;
    world.payment(refunded).status = PaymentStatus::manual;
    world.payment(refunded).refund_id.clear();
    world.books.provider->moves.pop_back();
    world.books.ledger.resize(4);
    const auto checks = audit(world.books, {});
    EXPECT_EQ(failed(checks), "");
    EXPECT_THAT(check_of(checks, "A4").notices, testing::ElementsAre(testing::HasSubstr("1000 EUR")));
}

TEST(Audit, says_what_it_could_not_check) {
    SmallWorld world;
    world.books.provider.reset();
    world.books.queues.reset();
    const auto checks = audit(world.books, {});
    EXPECT_EQ(failed(checks), "");
    for (const auto* id : {"A5", "A13", "A16", "A17", "A18"})
        EXPECT_NE(check_of(checks, id).not_applicable, "") << id;
}

TEST(Audit, leaves_out_what_is_younger_than_the_grace) {
    SmallWorld world;
    world.order(confirmed).status = OrderStatus::pending;
    world.order(confirmed).created_at = world.order(confirmed).updated_at = world.now;
    world.order(confirmed).version = 2;
    world.books.history.erase(world.books.history.begin() + 2, world.books.history.begin() + 4);
    world.books.sent.push_back({world.next_id(), world.name("OrderCreated"), world.name("x"), world.now, {}});
    world.books.queues->at(0).messages = 3;
    EXPECT_EQ(failed(audit(world.books, {.grace = std::chrono::seconds(30)})), "");
    EXPECT_EQ(failed(audit(world.books, {})), "A1 A2 A8 A16");
}

TEST(Audit, still_finds_what_is_older_than_the_grace) {
    SmallWorld world;
    world.payment(refunded).status = PaymentStatus::charged;
    world.payment(refunded).refund_id.clear();
    world.books.handled.pop_back();
    EXPECT_EQ(failed(audit(world.books, {.grace = std::chrono::seconds(30)})), "A4 A5 A6 A9");
}

TEST(Audit, does_not_ask_for_messages_that_may_have_been_dropped) {
    SmallWorld world;
    world.books.handled.clear();
    world.books.now += std::chrono::hours(23);
    EXPECT_EQ(failed(audit(world.books, {})), "");
}

}  // namespace
}  // namespace shop::audit
