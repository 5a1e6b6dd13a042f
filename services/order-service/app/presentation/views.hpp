#pragma once

#include <optional>
#include <string>
#include <vector>

#include "platform/base/time.hpp"
#include "platform/contract/types.hpp"
#include "shared/app/enums/order_status.hpp"
#include "shared/app/schemas/order_events.hpp"

/// What clients send and see.
namespace shop::order {

struct Line {
    Sku sku;
    platform::contract::Int<1, 99> quantity;
};
BOOST_DESCRIBE_STRUCT(Line, (), (sku, quantity))

/// Never a price: the catalogue names it.
struct PlaceOrder {
    platform::contract::List<Line, 1, 50> lines;
    platform::contract::Prose<1, 500> shipping_address;
    platform::contract::Token<1, 100> payment_method;  // The payment provider's token.
};
BOOST_DESCRIBE_STRUCT(PlaceOrder, (), (lines, shipping_address, payment_method))

struct OrderView {
    OrderId id;
    OrderStatus status{};
    std::vector<OrderLine> lines;
    Money total;
    std::string shipping_address;
    std::optional<CancelReason> cancel_reason;
    std::optional<std::string> cancel_detail;
    platform::Time created_at;
    platform::Time updated_at;
};
BOOST_DESCRIBE_STRUCT(OrderView, (),
                      (id, status, lines, total, shipping_address, cancel_reason, cancel_detail, created_at, updated_at))

struct TimelineEntry {
    platform::Time at;
    std::string event;
    OrderStatus from{};
    OrderStatus to{};
    std::string detail;
};
BOOST_DESCRIBE_STRUCT(TimelineEntry, (), (at, event, from, to, detail))

struct Timeline {
    OrderId order_id;
    std::vector<TimelineEntry> entries;
};
BOOST_DESCRIBE_STRUCT(Timeline, (), (order_id, entries))

struct ListOrders {
    std::optional<platform::contract::Int<1, 100>> limit;  // 20 when absent.
    std::optional<OrderId> after;
};
BOOST_DESCRIBE_STRUCT(ListOrders, (), (limit, after))

}  // namespace shop::order
