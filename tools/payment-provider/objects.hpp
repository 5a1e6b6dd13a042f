#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/time.hpp"
#include "tools/payment-provider/cards.hpp"
#include "tools/payment-provider/effect.hpp"

namespace shop::provider {

enum class Status {
    requires_payment_method,
    requires_confirmation,
    requires_action,
    processing,
    succeeded,
    canceled
};
std::string_view name_of(Status status);

struct Cancellation {
    platform::Time at{};
    std::string reason{};
};

/// The part of a payment intent that changes. An answer kept for an idempotency key has a copy of it, because
/// a repetition is told what was so then.
struct Phase {
    Status status = Status::requires_confirmation;
    int charges = 0;                       // Attempts, declined ones included.
    const Card* payment_method = nullptr;  // One of the cards of find_card(), which never go away.
    std::int64_t refunded = 0;
    std::shared_ptr<const Error> last_error{};  // Of the last attempt, if that was declined.
    std::shared_ptr<const Cancellation> cancellation{};
};

struct Intent {
    std::string id;
    std::int64_t amount = 0;
    std::string currency;
    Fields metadata;
    platform::Time created{};
    Phase phase{};
    std::vector<std::string> refunds{};
};

struct Refund {
    std::string id;
    std::string payment_intent;
    std::string charge;
    std::int64_t amount = 0;
    std::string currency;
    std::string reason;
    Fields metadata;
    platform::Time created{};
};

/// metadata[order_id], by which the log is compared with the books of the shop.
std::string order_of(const Fields& metadata);

/// The id of the intent's latest charge; empty before the first attempt.
std::string charge_of(const Intent& intent, const Phase& phase);

/// The objects as Stripe's API writes them. `expand_charge` puts the charge itself in place of its id.
std::string payment_intent_json(const Intent& intent, const Phase& phase, bool expand_charge = false);
std::string refund_json(const Refund& refund);
std::string refund_list_json(const std::vector<const Refund*>& refunds);

/// {"error": {...}}; with `intent` the error carries the payment intent that it is about.
std::string error_json(const Error& error, const Intent* intent = nullptr, const Phase* phase = nullptr);

}  // namespace shop::provider
