#pragma once

#include <boost/describe/class.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "shared/app/enums/order_status.hpp"
#include "shared/app/schemas/ids.hpp"
#include "shared/app/schemas/money.hpp"
#include "shared/app/schemas/subject.hpp"

/// Published by order-service, in the transaction that changes the order. Subject: the order id.
namespace shop {

struct OrderLine {
    Sku sku;
    std::int64_t quantity = 0;
    Money unit_price;  // From the catalogue when the order was placed; never from the client.

    bool operator==(const OrderLine&) const = default;
};
BOOST_DESCRIBE_STRUCT(OrderLine, (), (sku, quantity, unit_price))

/// What payment-service needs to charge. Opaque to everyone between: inventory passes it through.
struct PaymentContext {
    std::string method;  // A token of the payment provider; card numbers never reach the platform.

    bool operator==(const PaymentContext&) const = default;
};
BOOST_DESCRIBE_STRUCT(PaymentContext, (), (method))

struct OrderCreated {
    static constexpr std::string_view type = "OrderCreated";
    OrderId order_id;
    UserId user_id;
    std::vector<OrderLine> lines;
    Money total;
    PaymentContext payment;

    bool operator==(const OrderCreated&) const = default;
};
BOOST_DESCRIBE_STRUCT(OrderCreated, (), (order_id, user_id, lines, total, payment))

struct OrderConfirmed {
    static constexpr std::string_view type = "OrderConfirmed";
    OrderId order_id;
    std::vector<OrderLine> lines;

    bool operator==(const OrderConfirmed&) const = default;
};
BOOST_DESCRIBE_STRUCT(OrderConfirmed, (), (order_id, lines))

struct OrderCancelled {
    static constexpr std::string_view type = "OrderCancelled";
    OrderId order_id;
    CancelReason reason{};
    std::string detail;

    bool operator==(const OrderCancelled&) const = default;
};
BOOST_DESCRIBE_STRUCT(OrderCancelled, (), (order_id, reason, detail))

/// A command: whatever was reserved for the order goes back; an order that arrives later is refused.
struct ReleaseStock {
    static constexpr std::string_view type = "ReleaseStock";
    OrderId order_id;

    bool operator==(const ReleaseStock&) const = default;
};
BOOST_DESCRIBE_STRUCT(ReleaseStock, (), (order_id))

/// A command: whatever was charged for the order goes back; a charge that is under way is refunded when it is
/// done.
struct RefundPayment {
    static constexpr std::string_view type = "RefundPayment";
    OrderId order_id;

    bool operator==(const RefundPayment&) const = default;
};
BOOST_DESCRIBE_STRUCT(RefundPayment, (), (order_id))

}  // namespace shop
