#pragma once

#include <boost/describe/enum.hpp>

namespace shop {

/// pending -> confirmed, or pending -> (cancelling ->) cancelled. `confirmed` is the point of no return:
/// after it nothing may refuse. `cancelling` waits for the participants to say that what they did is undone.
enum class OrderStatus { pending, confirmed, cancelling, cancelled };
BOOST_DESCRIBE_ENUM(OrderStatus, pending, confirmed, cancelling, cancelled)

/// Why an order was cancelled, in words that a client can switch on.
enum class CancelReason { out_of_stock, payment_declined, customer_request, timed_out };
BOOST_DESCRIBE_ENUM(CancelReason, out_of_stock, payment_declined, customer_request, timed_out)

}  // namespace shop
