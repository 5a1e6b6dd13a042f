#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "platform/base/time.hpp"
#include "tools/payment-provider/form.hpp"

namespace shop::provider {

/// What a caller is told instead of an object; Stripe's error object without its links.
struct Error {
    std::string type;
    std::string code{};
    std::string decline_code{};
    std::string message{};
    std::string param{};
};

enum class Event {
    created,
    processing,
    charged,
    declined,
    requires_action,
    canceled,
    refunded,
    refused,  // Nothing happened to any money, but the answer belongs to an idempotency key and must be kept.
};
inline constexpr std::array events{Event::created,  Event::processing,      Event::charged,
                                   Event::declined, Event::requires_action, Event::canceled,
                                   Event::refunded, Event::refused};

/// One line of the log. The state is a fold over these and nothing else, so a line holds whatever an answer
/// is made from, and a restart answers a repeated key exactly as the process did that was killed.
struct Effect {
    std::int64_t sequence = 0;
    platform::Time time{};
    Event event = Event::refused;
    std::string payment_intent{};
    std::string charge{};  // Derived from the intent; written for whoever reads the log.
    std::string refund{};
    std::string order_id{};
    std::int64_t amount = 0;
    std::string currency{};
    std::string payment_method{};
    Fields metadata{};
    std::string reason{};  // Of a cancellation or a refund, as the caller gave it.
    std::string idempotency_key{};
    std::uint64_t fingerprint = 0;
    int status = 200;  // Of the answer.
    std::optional<Error> error{};
};

/// One JSON object and a line feed.
std::string to_line(const Effect& effect);

/// Throws std::runtime_error saying what is wrong with the line.
Effect from_line(std::string_view line);

std::string_view name_of(Event event);

}  // namespace shop::provider
