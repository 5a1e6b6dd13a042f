#include "tools/payment-provider/objects.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>

namespace shop::provider {
namespace {

namespace json = boost::json;

std::int64_t seconds(platform::Time time) {
    return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

json::value method_of(const Phase& phase) {
    return phase.payment_method ? json::value(phase.payment_method->token) : json::value(nullptr);
}

/// Without a return_url Stripe leaves the customer to its script in the browser.
json::value next_action(const Phase& phase) {
    if (phase.status != Status::requires_action) return nullptr;
    return json::object{{"type", "use_stripe_sdk"}, {"use_stripe_sdk", json::object{}}};
}

json::value or_null(const std::string& text) {
    return text.empty() ? json::value(nullptr) : json::value(text);
}

json::object written(const Fields& metadata) {
    json::object object;
    for (const auto& [name, value] : metadata) object[name] = value;
    return object;
}

json::object written(const Error& error) {
    json::object object;
    if (!error.code.empty()) {
        object.emplace("code", error.code);
        std::string page = error.code;
        for (char& c : page)
            if (c == '_') c = '-';
        object.emplace("doc_url", "https://stripe.com/docs/error-codes/" + page);
    }
    if (!error.decline_code.empty()) object.emplace("decline_code", error.decline_code);
    object.emplace("message", error.message);
    if (!error.param.empty()) object.emplace("param", error.param);
    object.emplace("type", error.type);
    return object;
}

json::object charge(const Intent& intent, const Phase& phase) {
    const bool paid = phase.status == Status::succeeded;
    return {{"id", charge_of(intent, phase)},
            {"object", "charge"},
            {"amount", intent.amount},
            {"amount_captured", paid ? intent.amount : 0},
            {"amount_refunded", phase.refunded},
            {"captured", paid},
            {"created", seconds(intent.created)},
            {"currency", intent.currency},
            {"disputed", false},
            {"livemode", false},
            {"metadata", written(intent.metadata)},
            {"paid", paid},
            {"payment_intent", intent.id},
            {"payment_method", method_of(phase)},
            {"refunded", paid && phase.refunded == intent.amount},
            {"status", paid ? "succeeded" : "failed"}};
}

json::object payment_intent(const Intent& intent, const Phase& phase, bool expand_charge) {
    const auto* canceled = phase.cancellation.get();
    json::object object{{"id", intent.id},
                        {"object", "payment_intent"},
                        {"amount", intent.amount},
                        {"amount_capturable", 0},
                        {"amount_received", phase.status == Status::succeeded ? intent.amount : 0},
                        {"application", nullptr},
                        {"application_fee_amount", nullptr},
                        {"automatic_payment_methods", nullptr},
                        {"canceled_at", canceled ? json::value(seconds(canceled->at)) : json::value(nullptr)},
                        {"cancellation_reason", or_null(canceled ? canceled->reason : std::string())},
                        {"capture_method", "automatic"},
                        {"client_secret", intent.id + "_secret_simulated"},
                        {"confirmation_method", "automatic"},
                        {"created", seconds(intent.created)},
                        {"currency", intent.currency},
                        {"customer", nullptr},
                        {"description", nullptr},
                        {"last_payment_error",
                         phase.last_error ? json::value(written(*phase.last_error)) : json::value(nullptr)},
                        {"latest_charge", or_null(charge_of(intent, phase))},
                        {"livemode", false},
                        {"metadata", written(intent.metadata)},
                        {"next_action", next_action(phase)},
                        {"payment_method", method_of(phase)},
                        {"payment_method_types", json::array{"card"}},
                        {"processing", nullptr},
                        {"receipt_email", nullptr},
                        {"setup_future_usage", nullptr},
                        {"shipping", nullptr},
                        {"statement_descriptor", nullptr},
                        {"status", name_of(phase.status)},
                        {"transfer_group", nullptr}};
    if (expand_charge && phase.charges > 0) object["latest_charge"] = charge(intent, phase);
    return object;
}

json::object written(const Refund& refund) {
    return {{"id", refund.id},
            {"object", "refund"},
            {"amount", refund.amount},
            {"balance_transaction", nullptr},
            {"charge", refund.charge},
            {"created", seconds(refund.created)},
            {"currency", refund.currency},
            {"metadata", written(refund.metadata)},
            {"payment_intent", refund.payment_intent},
            {"reason", or_null(refund.reason)},
            {"receipt_number", nullptr},
            {"source_transfer_reversal", nullptr},
            {"status", "succeeded"},
            {"transfer_reversal", nullptr}};
}

}  // namespace

std::string_view name_of(Status status) {
    switch (status) {
        case Status::requires_payment_method: return "requires_payment_method";
        case Status::requires_confirmation: return "requires_confirmation";
        case Status::requires_action: return "requires_action";
        case Status::processing: return "processing";
        case Status::succeeded: return "succeeded";
        case Status::canceled: return "canceled";
    }
    return "";
}

std::string order_of(const Fields& metadata) {
    const auto found = std::ranges::find(metadata, "order_id", &Fields::value_type::first);
    return found == metadata.end() ? std::string() : found->second;
}

std::string charge_of(const Intent& intent, const Phase& phase) {
    if (phase.charges == 0) return {};
    return "ch_" + intent.id.substr(3) + std::to_string(phase.charges);
}

std::string payment_intent_json(const Intent& intent, const Phase& phase, bool expand_charge) {
    return json::serialize(payment_intent(intent, phase, expand_charge));
}

std::string refund_json(const Refund& refund) { return json::serialize(written(refund)); }

std::string refund_list_json(const std::vector<const Refund*>& refunds) {
    json::array data;
    for (const auto* refund : refunds) data.emplace_back(written(*refund));
    return json::serialize(json::object{
        {"object", "list"}, {"data", std::move(data)}, {"has_more", false}, {"url", "/v1/refunds"}});
}

std::string error_json(const Error& error, const Intent* intent, const Phase* phase) {
    auto object = written(error);
    if (intent) object.emplace("payment_intent", payment_intent(*intent, *phase, false));
    return json::serialize(json::object{{"error", std::move(object)}});
}

}  // namespace shop::provider
