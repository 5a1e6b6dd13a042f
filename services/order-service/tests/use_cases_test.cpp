#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/testing/run.hpp"
#include "services/order-service/app/application/handle_replies.hpp"
#include "services/order-service/app/application/order_saga.hpp"
#include "services/order-service/app/application/place_order.hpp"
#include "services/order-service/tests/fakes.hpp"

namespace shop::order {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::VariantWith;

struct UseCases : testing::Test {
    template <class T>
    T run(awaitable<T> work) {
        boost::asio::io_context io;
        return platform::testing::run(io, std::move(work));
    }
    Result<PlacedOrder> place(IdempotencyKey used = {}, std::string sku = "MUG") {
        Basket basket{{{Sku{"MUG"}, 2}, {Sku{sku}, 1}}, "1 Main Street", "pm_card_visa"};
        return run(place_order(ports, ada, std::move(basket), std::move(used), "00-trace"));
    }
    OrderId with_order(OrderStatus status = OrderStatus::pending) {
        Order order{.id = OrderId{ids.next()},
                    .user = ada,
                    .saga = start(saga, store.now),
                    .version = 1,
                    .lines = {{Sku{"MUG"}, 2, {1250, {"EUR"}}}}};
        order.saga.status = status;
        store.orders[order.id] = order;
        return order.id;
    }
    std::vector<std::string> told() const {
        std::vector<std::string> types;
        for (const auto& one : store.committed->events)
            types.push_back(std::visit([](const auto& event) { return std::string{event.type}; }, one.event));
        return types;
    }
    SagaMessage message(SagaReply reply, std::string trace = "") {
        return {ids.next(), std::move(reply), std::move(trace)};
    }

    Log log;
    CountingIds ids;
    StoppedClock clock;
    SagaTable saga = order_saga();
    MemoryOrders store{log};
    FixedCatalogue catalogue{log};
    SwitchedAdmission admission{log};
    Ports ports{&store, &catalogue, &admission, &clock, &ids, &saga};
    const UserId ada{ids.next()};
    const IdempotencyKey key{"k-1", "aaaa"};
    const Money total{2500, {"EUR"}};
};

TEST_F(UseCases, a_key_is_looked_up_before_admission_and_admission_stands_before_pricing) {
    ASSERT_TRUE(place(key));
    EXPECT_THAT(log, ElementsAre("find", "admit", "price", "commit"));
}

TEST_F(UseCases, an_order_without_a_key_is_not_looked_up) {
    ASSERT_TRUE(place());
    EXPECT_THAT(log, ElementsAre("admit", "price", "commit"));
}

TEST_F(UseCases, a_known_key_gives_the_order_of_then_whatever_shop_and_catalogue_say_now) {
    const OrderId earlier{ids.next()};
    store.found = earlier;
    admission.open = false;
    catalogue.refusal = Refusal::product_unknown;
    const auto placed = place(key);
    EXPECT_EQ(placed->id, earlier);
    EXPECT_TRUE(placed->repeated);
    EXPECT_THAT(log, ElementsAre("find"));
}

TEST_F(UseCases, a_key_of_another_request_is_refused_before_anything_else) {
    store.found = std::unexpected(Refusal::idempotency_key_reused);
    EXPECT_EQ(place(key).error().reason, Refusal::idempotency_key_reused);
    EXPECT_THAT(log, ElementsAre("find"));
}

TEST_F(UseCases, a_busy_shop_asks_the_catalogue_nothing) {
    admission.open = false;
    EXPECT_EQ(place(key).error().reason, Refusal::too_many_pending);
    EXPECT_THAT(log, ElementsAre("find", "admit"));
}

TEST_F(UseCases, what_cannot_be_priced_is_not_committed) {
    catalogue.refusal = Refusal::catalogue_unavailable;
    EXPECT_EQ(place().error().reason, Refusal::catalogue_unavailable);
    catalogue.refusal.reset();
    EXPECT_EQ(place({}, "US").error().reason, Refusal::currencies_mixed);
    EXPECT_FALSE(store.placed);
}

TEST_F(UseCases, the_winner_of_a_race_for_the_key_is_returned) {
    store.loses_to = PlacedOrder{OrderId{ids.next()}, true};
    const auto placed = place(key);
    EXPECT_EQ(placed->id, (*store.loses_to)->id);
    EXPECT_TRUE(placed->repeated);
    store.loses_to = std::unexpected(Refusal::idempotency_key_reused);
    EXPECT_EQ(place(key).error().reason, Refusal::idempotency_key_reused);
}

TEST_F(UseCases, an_order_is_committed_with_all_that_was_said) {
    const auto placed = place(key);
    const auto& order = *store.placed;
    EXPECT_EQ(order.order.id, placed->id);
    EXPECT_EQ(order.order.user, ada);
    EXPECT_EQ(order.total, (Money{3750, {"EUR"}}));
    EXPECT_EQ(order.shipping_address, "1 Main Street");
    EXPECT_EQ(order.payment_method, "pm_card_visa");
    EXPECT_EQ(order.key.request_sha256, key.request_sha256);
    EXPECT_EQ(*order.order.saga.deadline - order.placed_at, std::chrono::seconds{10});
    EXPECT_EQ(order.changes.history.size(), 1u);
    ASSERT_EQ(order.changes.events.size(), 1u);
    EXPECT_THAT(order.changes.events[0].event, VariantWith<OrderCreated>(testing::_));
    EXPECT_EQ(order.changes.events[0].traceparent, "00-trace");
    EXPECT_EQ(catalogue.asked_in, "00-trace");
    EXPECT_NE(order.changes.events[0].id, placed->id.value);
}

TEST_F(UseCases, a_pending_order_is_cancelled_by_its_buyer) {
    const auto id = with_order();
    EXPECT_EQ(run(cancel_order(ports, ada, id, "00-trace")).value(), id);
    EXPECT_THAT(told(), ElementsAre("ReleaseStock", "RefundPayment"));
    EXPECT_EQ(store.committed->events[0].traceparent, "00-trace");
    EXPECT_EQ(store.orders.at(id).saga.status, OrderStatus::cancelling);
}

TEST_F(UseCases, foreign_orders_and_missing_ones_are_not_told_apart) {
    const auto id = with_order();
    EXPECT_EQ(run(cancel_order(ports, UserId{ids.next()}, id, "")).error().reason, Refusal::order_not_found);
    EXPECT_EQ(run(cancel_order(ports, ada, OrderId{ids.next()}, "")).error().reason,
              Refusal::order_not_found);
    EXPECT_FALSE(store.committed);
}

TEST_F(UseCases, cancelling_again_writes_nothing_and_what_is_confirmed_is_refused) {
    for (const auto status : {OrderStatus::cancelling, OrderStatus::cancelled}) {
        const auto id = with_order(status);
        EXPECT_EQ(run(cancel_order(ports, ada, id, "")).value(), id);
    }
    const auto confirmed = with_order(OrderStatus::confirmed);
    EXPECT_EQ(run(cancel_order(ports, ada, confirmed, "")).error().reason, Refusal::not_cancellable);
    EXPECT_FALSE(store.committed);
}

TEST_F(UseCases, replies_to_one_order_are_folded_and_the_order_is_written_once) {
    const auto a = with_order(), b = with_order();
    run(handle_replies(ports, {message(StockReserved{a, total, {"pm"}}, "00-one"),
                               message(StockReservationFailed{b, "insufficient_stock", {}}),
                               message(PaymentProcessed{a, "pi_1", total}, "00-two")}));
    EXPECT_EQ(store.committed->orders.size(), 2u);
    EXPECT_EQ(store.committed->history.size(), 3u);
    EXPECT_EQ(store.orders.at(a).version, 3);
    EXPECT_EQ(store.orders.at(a).saga.status, OrderStatus::confirmed);
    EXPECT_EQ(store.orders.at(b).saga.status, OrderStatus::cancelled);
    EXPECT_THAT(told(), ElementsAre("OrderCancelled", "OrderConfirmed"));
    EXPECT_EQ(store.committed->events[1].traceparent, "00-two");
}

TEST_F(UseCases, a_reply_that_says_nothing_new_is_noted_and_the_order_is_not_written) {
    const auto id = with_order(OrderStatus::confirmed);
    run(handle_replies(ports, {message(StockReserved{id, total, {"pm"}})}));
    EXPECT_THAT(store.committed->orders, IsEmpty());
    ASSERT_EQ(store.committed->history.size(), 1u);
    EXPECT_FALSE(store.committed->history[0].changed);
    EXPECT_THAT(told(), IsEmpty());
}

TEST_F(UseCases, a_payment_of_another_amount_is_for_a_person_to_look_at) {
    const auto id = with_order();
    for (const auto& paid : {Money{total.amount - 1, total.currency}, Money{total.amount, {"USD"}}})
        EXPECT_THROW(run(handle_replies(ports, {message(StockReserved{id, total, {"pm"}}),
                                                message(PaymentProcessed{id, "pi_1", paid})})),
                     WrongAmount);
    EXPECT_FALSE(store.committed);
}

TEST_F(UseCases, a_reply_about_no_order_stops_the_batch) {
    const auto id = with_order();
    EXPECT_THROW(run(handle_replies(ports, {message(StockReserved{id, total, {"pm"}}),
                                            message(StockReleased{OrderId{ids.next()}, 0})})),
                 UnknownOrder);
    EXPECT_FALSE(store.committed);
}

TEST_F(UseCases, the_sweep_moves_the_deadline_of_an_undo_that_has_not_left_without_a_word) {
    const auto id = with_order();
    store.now += std::chrono::seconds{10};
    EXPECT_EQ(run(sweep_deadlines(ports, 10)), 1u);
    EXPECT_THAT(told(), ElementsAre("ReleaseStock", "RefundPayment"));
    const auto version = store.orders.at(id).version;
    store.now += std::chrono::seconds{5};
    store.unsent = {id};
    EXPECT_EQ(run(sweep_deadlines(ports, 10)), 1u);
    EXPECT_THAT(told(), IsEmpty());
    EXPECT_THAT(store.committed->history, IsEmpty());
    EXPECT_EQ(store.orders.at(id).version, version);
    EXPECT_EQ(store.orders.at(id).saga.deadline, store.now + std::chrono::seconds{5});
}

TEST_F(UseCases, a_sweep_that_finds_nothing_commits_nothing) {
    with_order();
    EXPECT_EQ(run(sweep_deadlines(ports, 10)), 0u);
    EXPECT_FALSE(store.committed);
}

}  // namespace
}  // namespace shop::order
