#include "tools/payment-provider/effect.hpp"

#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <stdexcept>

namespace shop::provider {
namespace {

namespace json = boost::json;

void add(json::object& object, json::string_view name, const std::string& value) {
    if (!value.empty()) object.emplace(name, value);
}

std::string text(const json::object& object, json::string_view name) {
    const auto* value = object.if_contains(name);
    return value ? std::string(value->as_string()) : std::string();
}

std::string hexadecimal(std::uint64_t number) {
    std::array<char, 16> digits;
    digits.fill('0');
    std::array<char, 16> raw;
    const auto end = std::to_chars(raw.data(), raw.data() + raw.size(), number, 16).ptr;
    std::copy(raw.data(), end, digits.data() + (digits.size() - static_cast<std::size_t>(end - raw.data())));
    return {digits.data(), digits.size()};
}

Event event_of(std::string_view name) {
    for (const auto event : events)
        if (name_of(event) == name) return event;
    throw std::runtime_error("no event is called " + std::string(name));
}

json::object written(const Error& error) {
    json::object object;
    add(object, "type", error.type);
    add(object, "code", error.code);
    add(object, "decline_code", error.decline_code);
    add(object, "message", error.message);
    add(object, "param", error.param);
    return object;
}

Effect read(const json::object& object) {
    Effect effect;
    effect.sequence = object.at("sequence").as_int64();
    const auto time = platform::parse_rfc3339(text(object, "time"));
    if (!time) throw std::runtime_error("time is missing or malformed");
    effect.time = *time;
    effect.event = event_of(text(object, "event"));
    effect.payment_intent = text(object, "payment_intent");
    effect.charge = text(object, "charge");
    effect.refund = text(object, "refund");
    effect.order_id = text(object, "order_id");
    if (const auto* amount = object.if_contains("amount")) effect.amount = amount->as_int64();
    effect.currency = text(object, "currency");
    effect.payment_method = text(object, "payment_method");
    if (const auto* metadata = object.if_contains("metadata"))
        for (const auto& [name, value] : metadata->as_object())
            effect.metadata.emplace_back(name, value.as_string());
    effect.reason = text(object, "reason");
    effect.idempotency_key = text(object, "idempotency_key");
    const auto digits = text(object, "fingerprint");
    std::from_chars(digits.data(), digits.data() + digits.size(), effect.fingerprint, 16);
    effect.status = static_cast<int>(object.at("status").as_int64());
    if (const auto* error = object.if_contains("error")) {
        const auto& said = error->as_object();
        effect.error = Error{.type = text(said, "type"),
                             .code = text(said, "code"),
                             .decline_code = text(said, "decline_code"),
                             .message = text(said, "message"),
                             .param = text(said, "param")};
    }
    return effect;
}

}  // namespace

std::string_view name_of(Event event) {
    switch (event) {
        case Event::created: return "created";
        case Event::processing: return "processing";
        case Event::charged: return "charged";
        case Event::declined: return "declined";
        case Event::requires_action: return "requires_action";
        case Event::canceled: return "canceled";
        case Event::refunded: return "refunded";
        case Event::refused: return "refused";
    }
    return "refused";
}

std::string to_line(const Effect& effect) {
    json::object object;
    object.emplace("sequence", effect.sequence);
    object.emplace("time", platform::rfc3339(effect.time));
    object.emplace("event", name_of(effect.event));
    add(object, "payment_intent", effect.payment_intent);
    add(object, "charge", effect.charge);
    add(object, "refund", effect.refund);
    add(object, "order_id", effect.order_id);
    if (effect.amount != 0) object.emplace("amount", effect.amount);
    add(object, "currency", effect.currency);
    add(object, "payment_method", effect.payment_method);
    if (!effect.metadata.empty()) {
        auto& metadata = object["metadata"].emplace_object();
        for (const auto& [name, value] : effect.metadata) metadata[name] = value;
    }
    add(object, "reason", effect.reason);
    if (!effect.idempotency_key.empty()) {
        object.emplace("idempotency_key", effect.idempotency_key);
        object.emplace("fingerprint", hexadecimal(effect.fingerprint));
    }
    object.emplace("status", effect.status);
    if (effect.error) object.emplace("error", written(*effect.error));
    return json::serialize(object) + "\n";
}

Effect from_line(std::string_view line) {
    try {
        return read(json::parse(line).as_object());
    } catch (const std::exception& error) {
        throw std::runtime_error(std::string("not a line of this log: ") + error.what());
    }
}

}  // namespace shop::provider
