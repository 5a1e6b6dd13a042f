#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "services/order-service/app/domain/refusal.hpp"
#include "services/order-service/app/domain/saga.hpp"

namespace shop::order {

using Lines = std::vector<OrderLine>;

/// What a buyer asks for. The price is not in it.
struct BasketLine {
    Sku sku;
    std::int64_t quantity = 0;
};
struct Basket {
    std::vector<BasketLine> lines;
    std::string shipping_address;
    std::string payment_method;
};

/// The basket with the prices of the catalogue.
struct PricedBasket {
    Lines lines;
    std::string shipping_address;
    std::string payment_method;
};

/// An order as far as decisions need it.
struct Order {
    OrderId id;
    UserId user;
    Saga saga;
    std::int32_t version = 0;  // Grows by one with every change of state.
    std::optional<CancelReason> cancel_reason;
    std::string cancel_detail;  // For people: names the SKU and the shortage, or the decline code.
    Lines lines;

    bool operator==(const Order&) const = default;
};

/// One line of the timeline that the buyer sees and the auditor checks. An entry that changed the order
/// carries the version it made; a note (an overtaken or late reply) carries the version it found.
struct HistoryEntry {
    OrderId order_id;
    std::int32_t version = 0;
    bool changed = false;
    std::string event;  // A type of event, or what else happened: "CancelRequested", "DeadlinePassed".
    OrderStatus from{};
    OrderStatus to{};
    std::string detail;

    bool operator==(const HistoryEntry&) const = default;
};

struct Decision {
    Order order;
    std::vector<HistoryEntry> history;
    std::vector<OrderEvent> events;
};

/// What all lines cost together; they have one currency. Amounts cannot overflow, see place().
Money total_of(const Lines& lines);

/// A new order. Money that does not add up (mixed currencies) is refused; amounts cannot overflow within the
/// limits of the catalogue (price below 10^11) and of a basket (50 lines of 99).
std::expected<std::pair<Decision, Money>, Refusal> place(const SagaTable& table, OrderId id, UserId buyer,
                                                         PricedBasket basket, Time now);

/// A participant has answered.
Decision reply(const SagaTable& table, Order order, const SagaReply& message, Time now);

/// The buyer wants out. Again on what is being or has been cancelled: nothing happens. A confirmed order is
/// refused.
std::expected<Decision, Refusal> cancel(const SagaTable& table, Order order, Time now);

/// The deadline of the order has passed; see overdue() in saga.hpp.
Decision deadline(const SagaTable& table, Order order, bool still_unsent, Time now);

}  // namespace shop::order
