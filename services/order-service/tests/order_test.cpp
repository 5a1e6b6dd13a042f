#include "services/order-service/app/domain/order.hpp"

#include <gtest/gtest.h>

#include "services/order-service/app/application/handle_replies.hpp"
#include "services/order-service/app/application/order_saga.hpp"

namespace shop::order {
namespace {

const Time noon{std::chrono::hours{12}};

struct CountingIds : platform::Ids {
    platform::Uuid next() override {
        platform::Uuid id;
        id.bytes[15] = ++last;
        return id;
    }
    std::uint8_t last = 0;
};

Order pending(std::uint8_t n) {
    Order order{
        .id = {}, .saga = start(order_saga(), noon), .version = 1, .lines = {{Sku{"A"}, 1, {1, {"EUR"}}}}};
    order.id.value.bytes[0] = n;
    return order;
}

TEST(Order, sums_its_lines) {
    auto placed = place(order_saga(), {}, {},
                        {{{Sku{"A"}, 3, {100, {"EUR"}}}, {Sku{"B"}, 1, {99, {"EUR"}}}}, "", ""}, noon);
    ASSERT_TRUE(placed);
    EXPECT_EQ(placed->second, (Money{399, {"EUR"}}));
}

TEST(Order, refuses_to_add_different_currencies) {
    auto placed = place(order_saga(), {}, {},
                        {{{Sku{"A"}, 3, {100, {"EUR"}}}, {Sku{"B"}, 1, {99, {"USD"}}}}, "", ""}, noon);
    ASSERT_FALSE(placed);
    EXPECT_EQ(placed.error(), Refusal::currencies_mixed);
}

TEST(HandleReplies, folds_the_replies_to_one_order_and_writes_it_once) {
    CountingIds ids;
    const auto order = pending(1);
    LockedOrders locked{.now = noon, .fresh = {}, .orders = {{order.id, order}}, .still_unsent = {}};
    locked.fresh.push_back({ids.next(), StockReserved{order.id, {1, {"EUR"}}, {}}, "trace-1"});
    locked.fresh.push_back({ids.next(), PaymentProcessed{order.id, "pi_1", {1, {"EUR"}}}, "trace-2"});
    const auto changes = decide(order_saga(), std::move(locked), ids);
    ASSERT_EQ(changes.orders.size(), 1u);
    EXPECT_EQ(changes.orders[0].saga.status, OrderStatus::confirmed);
    EXPECT_EQ(changes.orders[0].version, 3);
    ASSERT_EQ(changes.history.size(), 2u);
    ASSERT_EQ(changes.events.size(), 1u);
    EXPECT_EQ(changes.events[0].traceparent, "trace-2");
}

TEST(HandleReplies, does_not_write_an_order_that_a_late_reply_did_not_change) {
    CountingIds ids;
    auto order = pending(1);
    order.saga.status = OrderStatus::confirmed;
    order.saga.deadline.reset();
    LockedOrders locked{.now = noon, .fresh = {}, .orders = {{order.id, order}}, .still_unsent = {}};
    locked.fresh.push_back({ids.next(), StockReserved{order.id, {1, {"EUR"}}, {}}, ""});
    const auto changes = decide(order_saga(), std::move(locked), ids);
    EXPECT_TRUE(changes.orders.empty());
    ASSERT_EQ(changes.history.size(), 1u);
    EXPECT_FALSE(changes.history[0].changed);
}

TEST(HandleReplies, names_an_order_that_does_not_exist) {
    CountingIds ids;
    LockedOrders locked{.now = noon, .fresh = {}, .orders = {}, .still_unsent = {}};
    locked.fresh.push_back({ids.next(), StockReleased{pending(7).id, 0}, ""});
    EXPECT_THROW(decide(order_saga(), std::move(locked), ids), UnknownOrder);
}

}  // namespace
}  // namespace shop::order
