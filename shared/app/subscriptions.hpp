#pragma once

#include <array>
#include <string_view>

/// Who must have handled what: every queue that keeps an inbox, with the types of event it subscribes to. The
/// only place where the auditor knows this; a new subscription is a new line here.
namespace shop::audit {

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

}  // namespace shop::audit
