#pragma once

#include <array>
#include <string_view>

/// Who must handle what: every queue with the types of event it subscribes to. The services declare this
/// themselves, publishers and consumers each their part; tools that look at all of them read it here, and a
/// test holds both to be the same.
namespace shop {

struct Subscription {
    std::string_view queue;
    std::string_view type;
};

inline constexpr std::array subscriptions{
    Subscription{"inventory.orders", "OrderCreated"},     Subscription{"inventory.orders", "OrderConfirmed"},
    Subscription{"inventory.orders", "ReleaseStock"},     Subscription{"payment.orders", "StockReserved"},
    Subscription{"payment.orders", "RefundPayment"},      Subscription{"order.saga", "StockReserved"},
    Subscription{"order.saga", "StockReservationFailed"}, Subscription{"order.saga", "StockReleased"},
    Subscription{"order.saga", "PaymentProcessed"},       Subscription{"order.saga", "PaymentFailed"},
    Subscription{"order.saga", "PaymentRefunded"},        Subscription{"order.catalogue", "ProductChanged"},
};

}  // namespace shop
