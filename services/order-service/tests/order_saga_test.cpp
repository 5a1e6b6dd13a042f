#include "services/order-service/app/application/order_saga.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "services/order-service/app/domain/order.hpp"

namespace shop::order {
namespace {

using namespace std::chrono_literals;

const Time noon{std::chrono::hours{12}};
const Money price{1250, {"EUR"}};
const OrderId id = *OrderId::parse("0192f3a4-5b6c-7d8e-9f00-112233445566");
const UserId buyer = *UserId::parse("0192f3a4-5b6c-7d8e-9f00-000000000001");

/// A conversation with the saga: what is said to it, and what it says then. No broker, no database.
class Conversation {
  public:
    Conversation() {
        auto placed =
            place(table_, id, buyer, {{{Sku{"MUG-1"}, 2, price}}, "1 Main Street", "pm_card_visa"}, now_);
        said_ = placed->first.events;
        order_ = placed->first.order;
    }

    template <class Event>
    Conversation& hears(Event event) {
        return took(reply(table_, order_, SagaReply{std::move(event)}, now_));
    }
    Conversation& hears_cancel() {
        auto decision = cancel(table_, order_, now_);
        refused_ = !decision;
        return decision ? took(std::move(*decision)) : *this;
    }
    Conversation& waits(std::chrono::milliseconds time, bool still_unsent = false) {
        now_ += time;
        return took(deadline(table_, order_, still_unsent, now_));
    }

    template <class... Events>
    Conversation& says(Events... events) {
        EXPECT_EQ(said_, (std::vector<OrderEvent>{events...}));
        return *this;
    }
    Conversation& is(OrderStatus status) {
        EXPECT_EQ(order_.saga.status, status);
        EXPECT_EQ(order_.saga.deadline.has_value(),
                  status == OrderStatus::pending || status == OrderStatus::cancelling);
        return *this;
    }
    Conversation& because(CancelReason reason, std::string_view detail) {
        EXPECT_EQ(order_.cancel_reason, reason);
        EXPECT_EQ(order_.cancel_detail, detail);
        return *this;
    }
    bool refused() const { return refused_; }
    const Order& order() const { return order_; }

  private:
    Conversation& took(Decision decision) {
        said_ = std::move(decision.events);
        order_ = std::move(decision.order);
        return *this;
    }

    SagaTable table_ = order_saga();
    Time now_ = noon;
    Order order_;
    std::vector<OrderEvent> said_;
    bool refused_ = false;
};

const StockReserved reserved{id, {2500, {"EUR"}}, {"pm_card_visa"}};
const StockReservationFailed out_of_stock{id, "insufficient_stock", {{Sku{"MUG-1"}, 2, 1}}};
const PaymentProcessed paid{id, "pi_1", {2500, {"EUR"}}};
const PaymentFailed declined{id, "insufficient_funds"};
const StockReleased released{id, 2};
const PaymentRefunded refunded{id, RefundOutcome::refunded, Money{2500, {"EUR"}}};
const PaymentRefunded nothing_charged{id, RefundOutcome::nothing, {}};
const OrderConfirmed confirmed{id, {{Sku{"MUG-1"}, 2, price}}};

TEST(OrderSaga, begins_with_the_order_and_its_total) {
    Conversation{}
        .says(OrderCreated{id, buyer, {{Sku{"MUG-1"}, 2, price}}, {2500, {"EUR"}}, {"pm_card_visa"}})
        .is(OrderStatus::pending);
}

TEST(OrderSaga, confirms_when_stock_and_payment_are_there) {
    Conversation{}
        .hears(reserved)
        .says()
        .is(OrderStatus::pending)
        .hears(paid)
        .says(confirmed)
        .is(OrderStatus::confirmed);
}

TEST(OrderSaga, confirms_when_the_payment_overtakes_the_stock) {
    Conversation{}
        .hears(paid)
        .says(confirmed)
        .is(OrderStatus::confirmed)
        .hears(reserved)
        .says()
        .is(OrderStatus::confirmed);
}

TEST(OrderSaga, ends_at_once_when_nothing_is_to_be_undone) {
    Conversation{}
        .hears(out_of_stock)
        .says(OrderCancelled{id, CancelReason::out_of_stock, "MUG-1: 2 wanted, 1 available"})
        .is(OrderStatus::cancelled);
}

TEST(OrderSaga, gives_the_stock_back_when_the_card_is_declined) {
    Conversation{}
        .hears(reserved)
        .hears(declined)
        .says(ReleaseStock{id})
        .is(OrderStatus::cancelling)
        .hears(released)
        .says(OrderCancelled{id, CancelReason::payment_declined, "insufficient_funds"})
        .is(OrderStatus::cancelled);
}

TEST(OrderSaga, gives_the_stock_back_when_the_decline_overtakes_the_reservation) {
    Conversation{}.hears(declined).says(ReleaseStock{id}).hears(reserved).says().is(OrderStatus::cancelling);
}

TEST(OrderSaga, undoes_everything_on_a_cancellation_because_anything_may_be_under_way) {
    Conversation{}
        .hears_cancel()
        .says(ReleaseStock{id}, RefundPayment{id})
        .is(OrderStatus::cancelling)
        .hears(released)
        .says()
        .is(OrderStatus::cancelling)
        .hears(paid)
        .says()
        .is(OrderStatus::cancelling)
        .hears(refunded)
        .says(OrderCancelled{id, CancelReason::customer_request, "by the customer"})
        .is(OrderStatus::cancelled);
}

TEST(OrderSaga, waits_longer_for_the_payment_than_for_the_stock) {
    Conversation{}.waits(9'999ms).is(OrderStatus::pending).waits(1ms).is(OrderStatus::cancelling);
    Conversation{}
        .hears(reserved)
        .waits(19'999ms)
        .is(OrderStatus::pending)
        .waits(1ms)
        .says(ReleaseStock{id}, RefundPayment{id})
        .is(OrderStatus::cancelling)
        .because(CancelReason::timed_out, "no answer in time to: take payment");
}

TEST(OrderSaga, repeats_only_the_undos_that_nobody_answered_and_ever_more_slowly) {
    Conversation saga;
    saga.hears_cancel().hears(nothing_charged);
    for (const auto pause : {5'000ms, 10'000ms, 20'000ms, 40'000ms, 60'000ms, 60'000ms})
        saga.waits(pause - 1ms).says().waits(1ms).says(ReleaseStock{id});
    saga.hears(released).is(OrderStatus::cancelled);
}

TEST(OrderSaga, does_not_repeat_an_undo_whose_former_copy_is_still_waiting_to_be_sent) {
    Conversation{}
        .hears_cancel()
        .waits(5'000ms, true)
        .says()
        .waits(5'000ms, false)
        .says(ReleaseStock{id}, RefundPayment{id});
}

TEST(OrderSaga, keeps_the_first_reason) {
    Conversation{}
        .hears_cancel()
        .hears(declined)
        .hears(released)
        .hears(nothing_charged)
        .because(CancelReason::customer_request, "by the customer")
        .is(OrderStatus::cancelled);
}

TEST(OrderSaga, refuses_to_cancel_what_is_confirmed_and_changes_nothing) {
    Conversation saga;
    saga.hears(paid);
    const auto before = saga.order();
    EXPECT_TRUE(saga.hears_cancel().refused());
    EXPECT_EQ(saga.order(), before);
}

TEST(OrderSaga, takes_a_second_cancellation_for_the_first) {
    Conversation saga;
    saga.hears_cancel();
    EXPECT_FALSE(saga.hears_cancel().says().refused());
    saga.hears(released).hears(nothing_charged).hears_cancel().says().is(OrderStatus::cancelled);
}

/// Every state that a conversation can reach x every thing that can be heard: no final state is ever left,
/// the version grows exactly when the order changes, and what was heard before changes nothing when it is
/// heard again.
TEST(OrderSaga, holds_its_rules_in_every_state_for_everything_it_can_hear) {
    const std::vector<SagaReply> all{reserved, out_of_stock, paid,           declined,
                                     released, refunded,     nothing_charged};
    const auto table = order_saga();
    std::vector<Order> open{Conversation{}.order()};
    std::vector<Order> seen;
    while (!open.empty()) {
        const auto order = open.back();
        open.pop_back();
        if (std::ranges::any_of(seen, [&](const Order& other) {
                return other.saga == order.saga && other.cancel_reason == order.cancel_reason;
            }))
            continue;
        seen.push_back(order);
        const bool final =
            order.saga.status == OrderStatus::confirmed || order.saga.status == OrderStatus::cancelled;
        std::vector<Order> next;
        for (const auto& message : all) {
            auto once = reply(table, order, message, noon);
            EXPECT_EQ(once.order.version != order.version, once.order.saga != order.saga);
            EXPECT_EQ(once.history.size(), 1u);
            if (final) EXPECT_EQ(once.order, order);
            if (final) EXPECT_TRUE(once.events.empty());
            auto twice = reply(table, once.order, message, noon);
            EXPECT_EQ(twice.order, once.order);
            EXPECT_TRUE(twice.events.empty());
            next.push_back(once.order);
        }
        if (auto decision = cancel(table, order, noon)) next.push_back(decision->order);
        next.push_back(deadline(table, order, false, noon + 2min).order);
        if (final) EXPECT_EQ(next.back(), order);
        for (auto& one : next)
            if (one.saga.undo_round < 4) open.push_back(std::move(one));
    }
    EXPECT_GT(seen.size(), 10u);
}

}  // namespace
}  // namespace shop::order
