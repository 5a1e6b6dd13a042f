#pragma once

#include <optional>
#include <string>
#include <vector>

#include "platform/base/awaitable.hpp"
#include "platform/base/time.hpp"
#include "shared/app/enums/order_status.hpp"
#include "shared/app/schemas/order_events.hpp"

/// What clients see of orders, and where it is read from. A read goes from the row to the view; no order is
/// built for it.
namespace shop::order {

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
                      (id, status, lines, total, shipping_address, cancel_reason, cancel_detail, created_at,
                       updated_at))

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

/// A foreign order is not found, like a missing one.
struct OrderReads {
    virtual ~OrderReads() = default;
    virtual platform::awaitable<std::optional<OrderView>> order(UserId buyer, OrderId id) = 0;

    /// Newest first, at most `limit`, older than `after`.
    virtual platform::awaitable<std::vector<OrderView>> orders(UserId buyer, std::optional<OrderId> after,
                                                               std::int64_t limit) = 0;
    virtual platform::awaitable<std::optional<Timeline>> timeline(UserId buyer, OrderId id) = 0;
};

/// Waiting for orders to become final, whichever replica makes them so.
struct Outcomes {
    virtual ~Outcomes() = default;

    /// Returns when the order is final or `limit` has passed, at once when too many wait already.
    virtual platform::awaitable<void> wait(OrderId id, std::chrono::milliseconds limit) = 0;
};

}  // namespace shop::order
