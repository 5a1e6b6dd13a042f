#include "services/inventory-service/app/domain/stock.hpp"

#include <gtest/gtest.h>

#include "services/inventory-service/app/application/handle_orders.hpp"

namespace shop::inventory {
namespace {

const OrderId id = *OrderId::parse("0192f3a4-5b6c-7d8e-9f00-112233445566");
const Money price{100, {"EUR"}};

OrderCreated order(std::vector<std::pair<std::string, std::int64_t>> lines) {
    OrderCreated event{
        .order_id = id, .user_id = {}, .lines = {}, .total = price, .payment = {"pm_card_visa"}};
    for (const auto& [sku, quantity] : lines) event.lines.push_back({Sku{sku}, quantity, price});
    return event;
}

struct Shelf {
    Reservation reservation{.order_id = id};
    StockBySku stock{{Sku{"MUG"}, {5, 0}}, {Sku{"PEN"}, {1, 0}}};

    std::expected<Decision, Contradiction> hears(const StockMessage& message) {
        return apply(reservation, stock, message);
    }
};

TEST(Stock, is_reserved_for_all_lines) {
    Shelf shelf;
    const auto decision = shelf.hears(order({{"MUG", 2}, {"PEN", 1}}));
    ASSERT_TRUE(decision);
    EXPECT_EQ(decision->event, (StockEvent{StockReserved{id, price, {"pm_card_visa"}}}));
    EXPECT_EQ(shelf.stock.at({"MUG"}), (Stock{5, 2}));
    EXPECT_EQ(shelf.stock.at({"PEN"}), (Stock{1, 1}));
}

TEST(Stock, is_reserved_for_no_line_when_one_is_short_and_every_shortage_is_named) {
    Shelf shelf;
    const auto decision = shelf.hears(order({{"MUG", 2}, {"PEN", 3}, {"INK", 1}}));
    ASSERT_TRUE(decision);
    EXPECT_EQ(decision->event, (StockEvent{StockReservationFailed{
                                   id, "insufficient_stock", {{Sku{"INK"}, 1, 0}, {Sku{"PEN"}, 3, 1}}}}));
    EXPECT_EQ(shelf.stock.at({"MUG"}), (Stock{5, 0}));
    EXPECT_EQ(shelf.reservation.status, ReservationStatus::refused);
}

TEST(Stock, sums_lines_of_one_sku_before_it_looks) {
    Shelf shelf;
    EXPECT_TRUE(
        std::holds_alternative<StockReservationFailed>(*shelf.hears(order({{"MUG", 3}, {"MUG", 3}}))->event));
    EXPECT_EQ(shelf.stock.at({"MUG"}), (Stock{5, 0}));
}

TEST(Stock, leaves_the_shelf_on_confirmation_and_the_ledger_says_so) {
    Shelf shelf;
    ASSERT_TRUE(shelf.hears(order({{"MUG", 2}})));
    const auto decision = shelf.hears(OrderConfirmed{id, {}});
    ASSERT_TRUE(decision);
    EXPECT_EQ(decision->movements, (std::vector<Movement>{{Sku{"MUG"}, -2, "sale", id}}));
    EXPECT_EQ(shelf.stock.at({"MUG"}), (Stock{3, 0}));
    EXPECT_EQ(shelf.reservation.status, ReservationStatus::committed);
}

TEST(Stock, goes_back_on_release_and_every_release_is_answered) {
    Shelf shelf;
    ASSERT_TRUE(shelf.hears(order({{"MUG", 2}})));
    for (int i = 0; i < 3; ++i) {
        const auto decision = shelf.hears(ReleaseStock{id});
        ASSERT_TRUE(decision);
        EXPECT_EQ(decision->event, (StockEvent{StockReleased{id, 2}}));
        EXPECT_EQ(decision->changed, i == 0);
        EXPECT_EQ(shelf.stock.at({"MUG"}), (Stock{5, 0}));
    }
}

TEST(Stock, is_not_reserved_for_an_order_that_was_released_before_it_came) {
    Shelf shelf;
    EXPECT_EQ(shelf.hears(ReleaseStock{id})->event, (StockEvent{StockReleased{id, 0}}));
    const auto decision = shelf.hears(order({{"MUG", 2}}));
    ASSERT_TRUE(decision);
    EXPECT_FALSE(decision->event);
    EXPECT_EQ(shelf.stock.at({"MUG"}), (Stock{5, 0}));
}

TEST(Stock, changes_nothing_on_a_repeated_message) {
    Shelf shelf;
    ASSERT_TRUE(shelf.hears(order({{"MUG", 2}})));
    EXPECT_FALSE(shelf.hears(order({{"MUG", 2}}))->changed);
    ASSERT_TRUE(shelf.hears(OrderConfirmed{id, {}}));
    EXPECT_FALSE(shelf.hears(OrderConfirmed{id, {}})->changed);
    EXPECT_FALSE(shelf.hears(order({{"MUG", 2}}))->changed);
    EXPECT_EQ(shelf.stock.at({"MUG"}), (Stock{3, 0}));
}

TEST(Stock, is_not_touched_by_a_message_that_contradicts_what_was_committed) {
    Shelf fresh;
    EXPECT_FALSE(fresh.hears(OrderConfirmed{id, {}}));
    Shelf sold;
    ASSERT_TRUE(sold.hears(order({{"MUG", 2}})));
    ASSERT_TRUE(sold.hears(OrderConfirmed{id, {}}));
    EXPECT_FALSE(sold.hears(ReleaseStock{id}));
    EXPECT_EQ(sold.stock.at({"MUG"}), (Stock{3, 0}));
    Shelf forged;
    EXPECT_FALSE(forged.hears(order({{"MUG", -2}})));
    EXPECT_FALSE(forged.hears(order({})));
}

TEST(Stock, promised_to_orders_cannot_be_counted_away) {
    Shelf shelf;
    ASSERT_TRUE(shelf.hears(order({{"MUG", 2}})));
    auto& mug = shelf.stock.at({"MUG"});
    EXPECT_EQ(set_on_hand({"MUG"}, mug, 1, "count").error(), Refusal::below_reserved);
    EXPECT_EQ(adjust({"MUG"}, mug, -4, "damaged").error(), Refusal::below_reserved);
    EXPECT_EQ(mug, (Stock{5, 2}));
    EXPECT_EQ(adjust({"MUG"}, mug, -3, "damaged"), (Movement{Sku{"MUG"}, -3, "damaged", std::nullopt}));
    EXPECT_EQ(mug, (Stock{2, 2}));
}

struct CountingIds : platform::Ids {
    platform::Uuid next() override {
        platform::Uuid made;
        made.bytes[15] = ++last;
        return made;
    }
    std::uint8_t last = 0;
};

TEST(HandleOrders, writes_each_row_of_a_batch_once) {
    CountingIds ids;
    LockedStock locked;
    locked.stock = {{Sku{"MUG"}, {5, 0}}};
    for (std::uint8_t n = 1; n <= 3; ++n) {
        auto one = order({{"MUG", 2}});
        one.order_id.value.bytes[0] = n;
        locked.reservations[one.order_id] = Reservation{.order_id = one.order_id};
        locked.fresh.push_back({ids.next(), one, ""});
    }
    const auto changes = decide(std::move(locked), ids);
    EXPECT_EQ(changes.stock, (StockBySku{{Sku{"MUG"}, {5, 4}}}));
    EXPECT_EQ(changes.reservations.size(), 3u);
    ASSERT_EQ(changes.events.size(), 3u);
    EXPECT_TRUE(std::holds_alternative<StockReservationFailed>(changes.events[2].event));
}

TEST(HandleOrders, stops_at_a_message_that_cannot_be) {
    CountingIds ids;
    LockedStock locked;
    locked.reservations[id] = Reservation{.order_id = id};
    locked.fresh.push_back({ids.next(), OrderConfirmed{id, {}}, ""});
    EXPECT_THROW(decide(std::move(locked), ids), ImpossibleMessage);
}

}  // namespace
}  // namespace shop::inventory
