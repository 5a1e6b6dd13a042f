#include "tools/payment-provider/rules.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <optional>

#include "tools/payment-provider/cards.hpp"

namespace shop::provider {
namespace {

constexpr std::int64_t amount_max = 99'999'999;  // Eight digits, as at Stripe.
constexpr std::size_t metadata_max = 50;

std::unexpected<Rejection> invalid(std::string code, std::string message, std::string param = {}) {
    return std::unexpected(Rejection{.error = {.type = "invalid_request_error",
                                               .code = std::move(code),
                                               .message = std::move(message),
                                               .param = std::move(param)}});
}

/// The state forbids it. The endpoint has begun to execute, so the refusal is kept for the key.
std::unexpected<Rejection> unexpected_state(std::string message) {
    return std::unexpected(Rejection{.error = {.type = "invalid_request_error",
                                               .code = "payment_intent_unexpected_state",
                                               .message = std::move(message)},
                                     .begun = true,
                                     .shows_intent = true});
}

std::unexpected<Rejection> not_refundable(std::string code, std::string message) {
    return std::unexpected(Rejection{
        .error = {.type = "invalid_request_error", .code = std::move(code), .message = std::move(message)},
        .begun = true});
}

std::optional<Rejection> unknown_parameter(const Form& form, std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : form.fields) {
        const auto base = std::string_view(name).substr(0, name.find('['));
        if (std::ranges::find(known, base) == known.end())
            return invalid("parameter_unknown", "Received unknown parameter: " + name, name).error();
    }
    return std::nullopt;
}

std::expected<std::int64_t, Rejection> amount_of(std::string_view text) {
    std::int64_t amount = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), amount);
    if (failed != std::errc{} || end != text.data() + text.size() || text.starts_with('-'))
        return invalid("parameter_invalid_integer", "Invalid integer: " + std::string(text), "amount");
    if (amount < 1)
        return invalid("parameter_invalid_integer", "This value must be greater than or equal to 1.",
                       "amount");
    if (amount > amount_max)
        return invalid("amount_too_large", "Amount must be no more than 99999999", "amount");
    return amount;
}

std::expected<Fields, Rejection> metadata_of(const Form& form) {
    Fields metadata;
    for (auto& [name, value] : form.nested("metadata")) {
        if (name.size() > 40 || value.size() > 500)
            return invalid({}, "Metadata keys have at most 40 characters and values 500.", "metadata");
        const auto known = std::ranges::find(metadata, name, &Fields::value_type::first);
        if (known == metadata.end())
            metadata.emplace_back(std::move(name), std::move(value));
        else
            known->second = std::move(value);
    }
    if (metadata.size() > metadata_max) return invalid({}, "Metadata has at most 50 keys.", "metadata");
    return metadata;
}

std::string money(std::int64_t amount, const std::string& currency) {
    const auto cents = std::to_string(amount % 100);
    return std::to_string(amount / 100) + (cents.size() == 1 ? ".0" : ".") + cents + " " + currency;
}

Effect about(const Intent& intent, Event event) {
    return {.event = event,
            .payment_intent = intent.id,
            .charge = charge_of(intent, intent.phase),
            .order_id = order_of(intent.metadata),
            .amount = intent.amount,
            .currency = intent.currency};
}

Effect charged_with(const Card& card, const Intent& intent) {
    auto effect = about(intent, Event::charged);
    effect.payment_method = card.token;
    auto next = intent.phase;
    ++next.charges;
    effect.charge = charge_of(intent, next);
    switch (card.behaviour) {
        case Behaviour::decline:
            effect.event = Event::declined;
            effect.status = 402;
            effect.error = Error{.type = "card_error",
                                 .code = std::string(card.code),
                                 .decline_code = std::string(card.decline_code),
                                 .message = std::string(card.message)};
            break;
        case Behaviour::ask_for_holder:
            effect.event = Event::requires_action;
            effect.charge = charge_of(intent, intent.phase);
            break;
        case Behaviour::process_later: effect.event = Event::processing; break;
        case Behaviour::error_after_charge: effect.status = 500; break;
        case Behaviour::error_before_charge:
            effect.event = Event::refused;
            effect.charge = charge_of(intent, intent.phase);
            effect.status = 500;
            break;
        case Behaviour::approve:
        case Behaviour::answer_slow:
        case Behaviour::answer_lost:
        case Behaviour::refuse_refunds: break;
    }
    return effect;
}

}  // namespace

Rejection no_such(std::string_view object, std::string_view id, std::string_view param) {
    return {.status = 404,
            .error = {.type = "invalid_request_error",
                      .code = "resource_missing",
                      .message = "No such " + std::string(object) + ": '" + std::string(id) + "'",
                      .param = std::string(param)},
            .begun = true};
}

Verdict create(const Form& form, const std::string& new_suffix) {
    if (auto unknown = unknown_parameter(
            form, {"amount", "currency", "payment_method", "payment_method_types", "metadata", "description",
                   "confirm", "capture_method", "automatic_payment_methods", "expand"}))
        return std::unexpected(std::move(*unknown));
    for (const auto* required : {"amount", "currency"})
        if (form.find(required).value_or("").empty())
            return invalid("parameter_missing", std::string("Missing required param: ") + required + ".",
                           required);
    const auto amount = amount_of(*form.find("amount"));
    if (!amount) return std::unexpected(amount.error());
    std::string currency(*form.find("currency"));
    std::ranges::transform(currency, currency.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
    if (currency.size() != 3 || !std::ranges::all_of(currency, [](char c) { return c >= 'a' && c <= 'z'; }))
        return invalid({}, "Invalid currency: " + currency + ".", "currency");
    if (form.find("confirm").value_or("false") != "false")
        return invalid({}, "This simulator confirms in a call of its own.", "confirm");
    if (form.find("capture_method").value_or("automatic") != "automatic")
        return invalid({}, "This simulator captures automatically.", "capture_method");
    const std::string method(form.find("payment_method").value_or(""));
    if (!method.empty() && !find_card(method)) {
        auto missing = no_such("PaymentMethod", method, "payment_method");
        missing.status = 400;
        missing.begun = false;
        return std::unexpected(std::move(missing));
    }
    auto metadata = metadata_of(form);
    if (!metadata) return std::unexpected(std::move(metadata.error()));
    auto order_id = order_of(*metadata);
    return Effect{.event = Event::created,
                  .payment_intent = "pi_" + new_suffix,
                  .order_id = std::move(order_id),
                  .amount = *amount,
                  .currency = std::move(currency),
                  .payment_method = method,
                  .metadata = std::move(*metadata)};
}

Verdict confirm(const Intent* intent, std::string_view named, const Form& form) {
    if (auto unknown = unknown_parameter(
            form, {"payment_method", "return_url", "off_session", "error_on_requires_action", "expand"}))
        return std::unexpected(std::move(*unknown));
    if (!intent) return std::unexpected(no_such("payment_intent", named, "intent"));
    const auto& phase = intent->phase;
    const auto present = phase.payment_method ? phase.payment_method->token : std::string_view();
    const std::string method(form.find("payment_method").value_or(present));
    if (phase.status == Status::succeeded)
        return unexpected_state(
            "You cannot confirm this PaymentIntent because it has already succeeded after being previously "
            "confirmed.");
    if (phase.status == Status::canceled || phase.status == Status::processing)
        return unexpected_state("You cannot confirm this PaymentIntent because it has a status of " +
                                std::string(name_of(phase.status)) +
                                ". Only a PaymentIntent with one of the following statuses may be confirmed: "
                                "requires_payment_method, requires_confirmation, requires_action.");
    if (method.empty())
        return unexpected_state(
            "You cannot confirm this PaymentIntent because it's missing a payment method.");
    const auto* card = find_card(method);
    if (!card) {
        auto missing = no_such("PaymentMethod", method, "payment_method");
        missing.status = 400;
        missing.begun = false;
        return std::unexpected(std::move(missing));
    }
    return charged_with(*card, *intent);
}

Verdict cancel(const Intent* intent, std::string_view named, const Form& form) {
    if (auto unknown = unknown_parameter(form, {"cancellation_reason", "expand"}))
        return std::unexpected(std::move(*unknown));
    const std::string reason(form.find("cancellation_reason").value_or(""));
    if (!reason.empty() && reason != "duplicate" && reason != "fraudulent" &&
        reason != "requested_by_customer" && reason != "abandoned")
        return invalid({}, "Invalid cancellation_reason: " + reason, "cancellation_reason");
    if (!intent) return std::unexpected(no_such("payment_intent", named, "intent"));
    const auto status = intent->phase.status;
    if (status == Status::succeeded || status == Status::canceled)
        return unexpected_state("You cannot cancel this PaymentIntent because it has a status of " +
                                std::string(name_of(status)) +
                                ". Only a PaymentIntent with one of the following statuses may be canceled: "
                                "requires_payment_method, requires_capture, requires_confirmation, "
                                "requires_action, processing.");
    auto effect = about(*intent, Event::canceled);
    effect.reason = reason;
    return effect;
}

Verdict refund(const Intent* intent, std::string_view named, const Form& form,
               const std::string& new_suffix) {
    if (auto unknown = unknown_parameter(form, {"payment_intent", "amount", "reason", "metadata", "expand"}))
        return std::unexpected(std::move(*unknown));
    if (named.empty())
        return invalid("parameter_missing",
                       "One of the following params should be provided for this request: "
                       "payment_intent or charge.");
    const std::string reason(form.find("reason").value_or(""));
    if (!reason.empty() && reason != "duplicate" && reason != "fraudulent" &&
        reason != "requested_by_customer")
        return invalid({}, "Invalid reason: " + reason, "reason");
    auto metadata = metadata_of(form);
    if (!metadata) return std::unexpected(std::move(metadata.error()));
    std::optional<std::int64_t> asked;
    if (const auto text = form.find("amount")) {
        const auto amount = amount_of(*text);
        if (!amount) return std::unexpected(amount.error());
        asked = *amount;
    }
    if (!intent) return std::unexpected(no_such("payment_intent", named, "payment_intent"));
    if (intent->phase.status != Status::succeeded)
        return not_refundable(
            "payment_intent_unexpected_state",
            "This PaymentIntent (" + intent->id + ") does not have a successful charge to refund.");
    const auto charge = charge_of(*intent, intent->phase);
    const auto* card = intent->phase.payment_method;
    if (card && card->behaviour == Behaviour::refuse_refunds)
        return not_refundable("charge_disputed",
                              "Charge " + charge + " has been charged back; cannot issue a refund.");
    const auto left = intent->amount - intent->phase.refunded;
    if (left == 0)
        return not_refundable("charge_already_refunded", "Charge " + charge + " has already been refunded.");
    if (asked.value_or(left) > left)
        return not_refundable({}, "Refund amount (" + money(*asked, intent->currency) +
                                      ") is greater than unrefunded amount on charge (" +
                                      money(left, intent->currency) + ")");
    auto effect = about(*intent, Event::refunded);
    effect.refund = "re_" + new_suffix;
    effect.amount = asked.value_or(left);
    effect.metadata = std::move(*metadata);
    effect.reason = reason;
    return effect;
}

}  // namespace shop::provider
