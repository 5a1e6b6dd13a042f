#include "services/order-service/app/domain/order.hpp"

#include "platform/base/ensure.hpp"

namespace shop::order {
namespace {

std::string_view type_of(const SagaReply& message) {
    return std::visit([](const auto& event) { return std::decay_t<decltype(event)>::type; }, message);
}

std::string shortage_text(const StockReservationFailed& failed) {
    std::string text;
    for (const auto& shortage : failed.shortages) {
        if (!text.empty()) text += "; ";
        text += shortage.sku.value + ": " + std::to_string(shortage.wanted) + " wanted, " +
                std::to_string(shortage.available) + " available";
    }
    return text.empty() ? failed.reason : text;
}

std::string money_text(const Money& money) {
    return std::to_string(money.amount) + " " + money.currency.value;
}

/// What the timeline says about a reply beyond its type.
struct Describe {
    std::string operator()(const StockReserved&) const { return {}; }
    std::string operator()(const StockReservationFailed& event) const { return shortage_text(event); }
    std::string operator()(const StockReleased& event) const {
        return std::to_string(event.units) + " units";
    }
    std::string operator()(const PaymentProcessed& event) const {
        return event.payment_id + ", " + money_text(event.amount);
    }
    std::string operator()(const PaymentFailed& event) const { return event.reason; }
    std::string operator()(const PaymentRefunded& event) const {
        switch (event.outcome) {
            case RefundOutcome::refunded:
                return "refunded " + (event.amount ? money_text(*event.amount) : "");
            case RefundOutcome::nothing: return "nothing had been charged";
            case RefundOutcome::manual: return "the provider refuses the refund; a person has to act";
        }
        platform::broken("every refund outcome has a text", std::source_location::current());
    }
};

CancelReason reason_of(const SagaReply& refusal) {
    return std::holds_alternative<PaymentFailed>(refusal) ? CancelReason::payment_declined
                                                          : CancelReason::out_of_stock;
}

/// Turns what the saga walked into the next order, its timeline entry and the events. `reason` is set once,
/// by whatever stopped the order first.
Decision apply(const SagaTable& table, Order order, Walk walk, std::string event, std::string detail,
               std::optional<CancelReason> reason) {
    Decision out;
    const auto from = order.saga.status;
    order.saga = walk.saga;
    if (walk.changed) ++order.version;
    if (reason && !order.cancel_reason && walk.saga.status != OrderStatus::confirmed) {
        order.cancel_reason = reason;
        order.cancel_detail = detail;
    }
    for (const auto k : walk.undos) out.events.push_back(table.steps[k].undo(order.id));
    if (walk.confirmed) out.events.push_back(OrderConfirmed{order.id, order.lines});
    if (walk.cancelled) {
        platform::ensure(order.cancel_reason.has_value(), "a cancelled order has a reason");
        out.events.push_back(OrderCancelled{order.id, *order.cancel_reason, order.cancel_detail});
    }
    out.history.push_back({order.id, order.version, walk.changed, std::move(event), from, order.saga.status,
                           std::move(detail)});
    out.order = std::move(order);
    return out;
}

}  // namespace

Money total_of(const Lines& lines) {
    platform::ensure(!lines.empty(), "an order has at least one line");
    Money total{0, lines.front().unit_price.currency};
    for (const auto& line : lines) {
        std::int64_t price = 0;
        const bool overflow = __builtin_mul_overflow(line.unit_price.amount, line.quantity, &price) ||
                              __builtin_add_overflow(total.amount, price, &total.amount);
        platform::ensure(!overflow, "prices and quantities are bounded so that a total fits");
    }
    return total;
}

std::expected<std::pair<Decision, Money>, Refusal> place(const SagaTable& table, OrderId id, UserId buyer,
                                                         PricedBasket basket, Time now) {
    platform::ensure(!basket.lines.empty(), "a basket has at least one line");
    for (const auto& line : basket.lines)
        if (line.unit_price.currency != basket.lines.front().unit_price.currency)
            return std::unexpected(Refusal::currencies_mixed);
    const auto total = total_of(basket.lines);
    Decision out;
    out.order =
        Order{.id = id, .user = buyer, .saga = start(table, now), .version = 1, .lines = basket.lines};
    out.history.push_back(
        {id, 1, true, "OrderCreated", OrderStatus::pending, OrderStatus::pending, money_text(total)});
    out.events.push_back(
        OrderCreated{id, buyer, std::move(basket.lines), total, {std::move(basket.payment_method)}});
    return std::pair{std::move(out), total};
}

Decision reply(const SagaTable& table, Order order, const SagaReply& message, Time now) {
    const auto type = type_of(message);
    auto walk = advance(table, order.saga, type, now);
    const auto reason = walk.refused ? std::optional{reason_of(message)} : std::nullopt;
    return apply(table, std::move(order), std::move(walk), std::string{type}, std::visit(Describe{}, message),
                 reason);
}

std::expected<Decision, Refusal> cancel(const SagaTable& table, Order order, Time now) {
    if (order.saga.status == OrderStatus::confirmed) return std::unexpected(Refusal::not_cancellable);
    if (order.saga.status != OrderStatus::pending) return Decision{.order = std::move(order)};
    auto walk = abort(table, order.saga, now);
    return apply(table, std::move(order), std::move(walk), "CancelRequested", "by the customer",
                 CancelReason::customer_request);
}

Decision deadline(const SagaTable& table, Order order, bool still_unsent, Time now) {
    auto walk = overdue(table, order.saga, still_unsent, now);
    if (!walk.changed) return Decision{.order = std::move(order)};
    if (walk.undos.empty()) {  // Only the deadline moved: nothing that a timeline should tell.
        order.saga = walk.saga;
        return Decision{.order = std::move(order)};
    }
    std::string detail;
    if (order.saga.status == OrderStatus::pending) {
        const auto waited_for = static_cast<std::size_t>(order.saga.step);
        detail = "no answer in time to: " + std::string{table.steps[waited_for].name};
        return apply(table, std::move(order), std::move(walk), "DeadlinePassed", std::move(detail),
                     CancelReason::timed_out);
    }
    return apply(table, std::move(order), std::move(walk), "UndoRepeated", {}, std::nullopt);
}

}  // namespace shop::order
