#include "services/payment-service/app/infrastructure/stripe.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "platform/base/crash_point.hpp"
#include "platform/contract/parse.hpp"
#include "platform/telemetry/log.hpp"

namespace shop::payment {
namespace {

namespace json = boost::json;
using platform::http::ClientRequest;

/// application/x-www-form-urlencoded; brackets are encoded too, which Stripe accepts.
std::string encoded(std::string_view text) {
    constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    for (const unsigned char c : text) {
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
            c == '_' || c == '.') {
            out += static_cast<char>(c);
        } else {
            out += {'%', digits[c >> 4], digits[c & 15]};
        }
    }
    return out;
}

std::string form(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
    std::string out;
    for (const auto& [name, value] : fields) {
        if (!out.empty()) out += '&';
        out += encoded(name) + '=' + encoded(value);
    }
    return out;
}

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

ClientRequest post(std::string target, std::string key, std::string body) {
    ClientRequest request{
        .method = "POST", .target = std::move(target), .headers = {}, .body = std::move(body)};
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    if (!key.empty()) request.headers.emplace_back("Idempotency-Key", std::move(key));
    return request;
}

struct RequestOf {
    ClientRequest operator()(const Create& call) const {
        return post("/v1/payment_intents", call.key,
                    form({{"amount", std::to_string(call.amount.amount)},
                          {"currency", lower(call.amount.currency.value)},
                          {"payment_method", call.method},
                          {"payment_method_types[]", "card"},
                          {"metadata[order_id]", call.order_id.text()}}));
    }
    ClientRequest operator()(const Confirm& call) const {
        return post("/v1/payment_intents/" + encoded(call.provider_id) + "/confirm", call.key, {});
    }
    ClientRequest operator()(const Read& call) const {
        return {.target = "/v1/payment_intents/" + encoded(call.provider_id) + "?expand%5B%5D=latest_charge"};
    }
    ClientRequest operator()(const Cancel& call) const {
        return post("/v1/payment_intents/" + encoded(call.provider_id) + "/cancel", {}, {});
    }
    ClientRequest operator()(const Refund& call) const {
        return post("/v1/refunds", call.key,
                    form({{"payment_intent", call.provider_id},
                          {"amount", std::to_string(call.amount.amount)},
                          {"metadata[order_id]", call.order_id.text()}}));
    }
};

std::string text(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    const auto* string = value != nullptr ? value->if_string() : nullptr;
    return string != nullptr ? std::string{*string} : std::string{};
}

std::int64_t number(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_int64() ? value->as_int64() : -1;
}

const json::object* inner(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr ? value->if_object() : nullptr;
}

/// What the provider says of a declined card: the bank's word where there is one.
std::string decline_code(const json::object& error) {
    auto code = text(error, "decline_code");
    if (code.empty()) code = text(error, "code");
    return code.empty() ? "declined" : code;
}

/// What a payment intent says about itself.
Answer from_status(const json::object& intent) {
    const auto status = text(intent, "status");
    if (status == "succeeded") {
        const auto amount = number(intent, "amount");
        if (amount < 0 || number(intent, "amount_received") != amount)
            return Unknown{"received another amount"};
        const auto* charge = inner(intent, "latest_charge");
        if (charge != nullptr && number(*charge, "amount_refunded") >= amount)
            return Refunded{text(*charge, "id")};
        return Charged{};
    }
    if (status == "canceled") return Cancelled{};
    if (status == "requires_payment_method") {
        const auto* error = inner(intent, "last_payment_error");
        return error != nullptr ? Answer{Declined{decline_code(*error)}} : Answer{NotCharged{}};
    }
    // A customer who would have to act (3-D Secure) is not there.
    if (status == "requires_action") return NotCharged{"authentication_required"};
    if (status == "requires_confirmation") return NotCharged{};
    return Unknown{"payment intent is " + (status.empty() ? "without a status" : status)};
}

/// What a good answer to each call must say before it is believed.
struct Understood {
    const json::object& body;

    Answer operator()(const Create& call) const {
        const auto id = text(body, "id");
        if (id.empty() || number(body, "amount") != call.amount.amount ||
            text(body, "currency") != lower(call.amount.currency.value))
            return Unknown{"the payment intent is not the one that was asked for"};
        return Created{id};
    }
    Answer operator()(const Confirm& call) const { return about(call.provider_id); }
    Answer operator()(const Read& call) const { return about(call.provider_id); }
    Answer operator()(const Cancel& call) const { return about(call.provider_id); }
    Answer operator()(const Refund& call) const {
        const auto status = text(body, "status");
        if (text(body, "payment_intent") != call.provider_id || number(body, "amount") != call.amount.amount)
            return Unknown{"the refund is not the one that was asked for"};
        if (status == "succeeded") return Refunded{text(body, "id")};
        if (status == "failed" || status == "canceled") return RefundRefused{text(body, "failure_reason")};
        return Unknown{"refund is " + status};
    }

  private:
    Answer about(const std::string& id) const {
        return text(body, "id") == id ? from_status(body) : Unknown{"the answer is about another payment"};
    }
};

/// What an error says for good. Only card errors are declines; a creation that is refused as invalid moved no
/// money and never will.
Answer refused(const Call& call, int status, const json::object& error) {
    const auto type = text(error, "type");
    const auto code = text(error, "code");
    if (std::holds_alternative<Refund>(call)) {
        if (code == "charge_already_refunded") return Refunded{"already"};
        if (status == 400 || status == 402 || status == 404) return RefundRefused{code.empty() ? type : code};
        return Unknown{"refund: status " + std::to_string(status)};
    }
    if (status == 402 && type == "card_error") return Declined{decline_code(error)};
    if (std::holds_alternative<Create>(call) && (status == 400 || status == 404) &&
        type == "invalid_request_error")
        return Declined{code.empty() ? "invalid_request" : code};
    return Unknown{type + " " + code + ": status " + std::to_string(status)};
}

std::string_view name_of(const Call& call) {
    constexpr std::array<std::string_view, 5> names{"create", "confirm", "read", "refund", "cancel"};
    return names[call.index()];
}

}  // namespace

ClientRequest request_of(const Call& call) { return std::visit(RequestOf{}, call); }

Answer answer_of(const Call& call, int status, std::string_view body) {
    const auto parsed = platform::contract::parse(body);
    const auto* object = parsed ? parsed->if_object() : nullptr;
    if (object == nullptr) return Unknown{"status " + std::to_string(status) + " without a JSON object"};
    if (status == 200) return std::visit(Understood{*object}, call);
    const auto* error = inner(*object, "error");
    if (error == nullptr || status == 409 || status == 429 || status >= 500)
        return Unknown{"status " + std::to_string(status)};
    return refused(call, status, *error);
}

Stripe::Stripe(platform::http::Client& client, std::string secret_key, platform::telemetry::Metrics& metrics)
    : client_(client), authorization_("Bearer " + std::move(secret_key)), metrics_(metrics) {}

awaitable<Answer> Stripe::make(Call call) {
    auto request = request_of(call);
    request.headers.emplace_back("Authorization", authorization_);
    request.headers.emplace_back("Stripe-Version", "2024-06-20");
    const auto began = std::chrono::steady_clock::now();
    Answer answer = Unknown{};
    try {
        CRASH_POINT("payment", name_of(call), "before_call");
        const auto response = co_await client_.send(std::move(request));
        CRASH_POINT("payment", name_of(call), "after_answer");
        answer = answer_of(call, response.status, response.body);
        if (response.status == 401 || response.status == 403)
            platform::telemetry::log_error("the payment provider does not accept our key",
                                           {{"status", response.status}});
    } catch (const platform::Unavailable& gone) {
        answer = Unknown{gone.what()};
    }
    if (const auto* unknown = std::get_if<Unknown>(&answer))
        platform::telemetry::log_warn("no definitive answer from the payment provider",
                                      {{"call", name_of(call)}, {"why", unknown->why}});
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    metrics_
        .histogram("shop_provider_call_seconds", "Calls to the payment provider.",
                   {{"call", std::string{name_of(call)}}},
                   {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10})
        .observe(took.count());
    metrics_
        .counter("shop_provider_answers_total", "Answers of the payment provider.",
                 {{"call", std::string{name_of(call)}},
                  {"definitive", std::holds_alternative<Unknown>(answer) ? "no" : "yes"}})
        .add();
    co_return answer;
}

}  // namespace shop::payment
