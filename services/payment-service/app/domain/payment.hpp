#pragma once

#include <boost/describe/enum.hpp>
#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "platform/base/time.hpp"
#include "platform/base/uuid.hpp"
#include "shared/app/schemas/inventory_events.hpp"
#include "shared/app/schemas/payment_events.hpp"

/// One payment per order, driven through the provider one call at a time: what a call will be is decided and
/// committed before it is made, and what it said is decided here after. Pure.
namespace shop::payment {

using platform::Time;
using platform::Uuid;

/// The call to the provider that comes next.
enum class Stage { create, confirm, read, cancel, refund };
BOOST_DESCRIBE_ENUM(Stage, create, confirm, read, cancel, refund)

struct Payment {
    OrderId order_id;
    PaymentStatus status = PaymentStatus::fresh;
    Money amount;
    std::string method;  // The provider's token for what the buyer pays with.
    Stage stage = Stage::create;
    std::string provider_id;   // Empty until the provider has created its payment and we have committed that.
    std::string decline_code;  // Why it was not charged; also while the cancellation for that is under way.
    std::string refund_id;
    bool void_requested = false;      // Whoever finishes the charge refunds it.
    std::int32_t confirm_rounds = 0;  // Confirmations under the same key without a definitive answer.
    std::int32_t refund_round = 0;  // Part of the refund's key; grows only when the provider shows no refund.
    std::int32_t attempts = 0;      // Unanswered calls in the present stage.
    std::optional<Time> next_attempt;  // When a worker shall look; absent when nothing is left to do.
    std::optional<Uuid> lease;         // The worker that may commit the next step.
    std::optional<Time> leased_until;
    std::string
        traceparent;  // Of the request that set it going, so that its outcome belongs to the same trace.

    bool operator==(const Payment&) const = default;
};

struct LedgerEntry {
    Uuid transaction;
    OrderId order_id;
    std::string account;
    std::int64_t amount = 0;  // Minor units; the entries of a transaction sum to zero.
    std::string currency;

    bool operator==(const LedgerEntry&) const = default;
};

using PaymentMessage = std::variant<StockReserved, RefundPayment>;
using PaymentEvent = std::variant<PaymentProcessed, PaymentFailed, PaymentRefunded>;

struct Decision {
    bool changed = false;
    std::vector<LedgerEntry> ledger;
    std::vector<PaymentEvent> events;
};

/// A message from the queue. A charge that was undone before it came is refused silently: nobody waits for
/// it. An undo is answered once its outcome is final, and every time after that.
Decision apply(Payment& payment, const PaymentMessage& message, Time now);

// What a worker has to do next, and what came of it
// -----------------------------------------------------------------

/// Calls to the provider. The key makes a repetition find the first attempt.
struct Create {
    std::string key;
    Money amount;
    std::string method;
    OrderId order_id;
};
struct Confirm {
    std::string key, provider_id;
};
struct Read {
    std::string provider_id;
};
struct Refund {
    std::string key, provider_id;
    Money amount;
    OrderId order_id;
};
struct Cancel {
    std::string provider_id;
};
using Call = std::variant<Create, Confirm, Read, Refund, Cancel>;

/// What the provider said, or that nobody knows what it said.
struct Created {
    std::string provider_id;
};
struct Charged {};
struct Declined {
    std::string code;
};
/// Neither charged nor declined: it can still be confirmed or cancelled. To a confirmation this is the
/// provider's last word, and `code` says what it lacks.
struct NotCharged {
    std::string code;
};
struct Cancelled {};  // It can never be charged any more.
struct Refunded {
    std::string refund_id;
};
struct RefundRefused {
    std::string code;
};
/// 409, 429, 5xx, time-out, cut connection, an answer that makes no sense: it may have happened or not.
struct Unknown {
    std::string why;
};
using Answer =
    std::variant<Created, Charged, Declined, NotCharged, Cancelled, Refunded, RefundRefused, Unknown>;

/// How long to wait before an unanswered call is made again, and when to stop asking the same question.
struct RetryPolicy {
    std::chrono::milliseconds first{200};
    std::chrono::milliseconds longest{10'000};
    std::int32_t same_key_attempts = 5;  // After that a payment is cancelled, and a refund is looked up.
};

/// The call that the payment waits for; nothing when an undo came before the provider knew of the payment,
/// which settle() ends without a call.
std::optional<Call> next_call(const Payment& payment);
Decision settle(Payment& payment);

/// Applies what was said to the call of the present stage. `transaction` names the ledger entries that it may
/// make. The lease is kept when the next call shall follow at once, and given up otherwise.
Decision answer(Payment& payment, const Answer& said, const RetryPolicy& policy, Uuid transaction, Time now);

}  // namespace shop::payment
