#pragma once

#include <expected>
#include <string>

#include "tools/payment-provider/effect.hpp"
#include "tools/payment-provider/form.hpp"
#include "tools/payment-provider/objects.hpp"

namespace shop::provider {

/// Why a call does nothing. Stripe keeps an answer for the idempotency key only once an endpoint has begun to
/// execute: what fails on its parameters can be corrected and sent again under the same key.
struct Rejection {
    int status = 400;
    Error error{};
    bool begun = false;
    bool shows_intent = false;
};

using Verdict = std::expected<Effect, Rejection>;

// What each call does, decided on the present state. The effect lacks what is the same for all: sequence,
// time and idempotency key. `intent` is null when the path names none that exists; `named` is what it names.

Verdict create(const Form& form, const std::string& new_suffix);
Verdict confirm(const Intent* intent, std::string_view named, const Form& form);
Verdict cancel(const Intent* intent, std::string_view named, const Form& form);
Verdict refund(const Intent* intent, std::string_view named, const Form& form, const std::string& new_suffix);

/// The refusal of a path or parameter that names nothing.
Rejection no_such(std::string_view object, std::string_view id, std::string_view param);

}  // namespace shop::provider
