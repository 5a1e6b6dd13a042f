#pragma once

#include <boost/describe/enum.hpp>

namespace shop {

/// `fresh`      a row that exists only so that it can be locked
/// `charging`   the intent is committed; a worker drives it through the provider
/// `unknown`    the provider's answer was lost: nothing is assumed until it has been read
/// `charged`    the money is ours
/// `declined`   the provider refused for good; nothing was charged
/// `refunding`  the money is on its way back
/// `refunded`   the money is back
/// `voided`     undone before anything was charged; a late request to charge is refused
/// `manual`     the provider refuses the refund for good: a person must act
enum class PaymentStatus { fresh, charging, unknown, charged, declined, refunding, refunded, voided, manual };
BOOST_DESCRIBE_ENUM(PaymentStatus, fresh, charging, unknown, charged, declined, refunding, refunded, voided,
                    manual)

/// How an undo of a payment ended.
enum class RefundOutcome { refunded, nothing, manual };
BOOST_DESCRIBE_ENUM(RefundOutcome, refunded, nothing, manual)

}  // namespace shop
