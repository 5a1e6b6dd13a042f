#pragma once

#include <boost/describe/class.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "shared/app/schemas/order_events.hpp"

/// Published by inventory-service, in the transaction that changes the stock. Subject: the order id.
namespace shop {

/// All lines of the order are reserved. Carries what payment-service needs, so that it need not ask anyone.
struct StockReserved {
    static constexpr std::string_view type = "StockReserved";
    OrderId order_id;
    Money total;
    PaymentContext payment;

    bool operator==(const StockReserved&) const = default;
};
BOOST_DESCRIBE_STRUCT(StockReserved, (), (order_id, total, payment))

struct Shortage {
    Sku sku;
    std::int64_t wanted = 0;
    std::int64_t available = 0;

    bool operator==(const Shortage&) const = default;
};
BOOST_DESCRIBE_STRUCT(Shortage, (), (sku, wanted, available))

/// Nothing is reserved, and never will be for this order.
struct StockReservationFailed {
    static constexpr std::string_view type = "StockReservationFailed";
    OrderId order_id;
    std::string reason;
    std::vector<Shortage> shortages;

    bool operator==(const StockReservationFailed&) const = default;
};
BOOST_DESCRIBE_STRUCT(StockReservationFailed, (), (order_id, reason, shortages))

/// The answer to ReleaseStock, every time it is asked.
struct StockReleased {
    static constexpr std::string_view type = "StockReleased";
    OrderId order_id;
    std::int64_t units = 0;  // Over all lines; 0 when nothing was held.

    bool operator==(const StockReleased&) const = default;
};
BOOST_DESCRIBE_STRUCT(StockReleased, (), (order_id, units))

}  // namespace shop
