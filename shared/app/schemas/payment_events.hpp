#pragma once

#include <boost/describe/class.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "shared/app/enums/payment_status.hpp"
#include "shared/app/schemas/ids.hpp"
#include "shared/app/schemas/money.hpp"
#include "shared/app/schemas/subject.hpp"

/// Published by payment-service, in the transaction that records what the provider said. Subject: the order
/// id.
namespace shop {

struct PaymentProcessed {
    static constexpr std::string_view type = "PaymentProcessed";
    OrderId order_id;
    std::string payment_id;  // The provider's.
    Money amount;

    bool operator==(const PaymentProcessed&) const = default;
};
BOOST_DESCRIBE_STRUCT(PaymentProcessed, (), (order_id, payment_id, amount))

/// The provider refused for good: nothing was charged, and never will be for this order.
struct PaymentFailed {
    static constexpr std::string_view type = "PaymentFailed";
    OrderId order_id;
    std::string reason;  // The provider's decline code, for example "insufficient_funds".

    bool operator==(const PaymentFailed&) const = default;
};
BOOST_DESCRIBE_STRUCT(PaymentFailed, (), (order_id, reason))

/// The answer to RefundPayment, once the outcome is final, and again every time it is asked after that.
struct PaymentRefunded {
    static constexpr std::string_view type = "PaymentRefunded";
    OrderId order_id;
    RefundOutcome outcome{};
    std::optional<Money> amount;  // What went back; absent unless `outcome` is refunded.

    bool operator==(const PaymentRefunded&) const = default;
};
BOOST_DESCRIBE_STRUCT(PaymentRefunded, (), (order_id, outcome, amount))

}  // namespace shop
