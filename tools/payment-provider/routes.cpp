#include "tools/payment-provider/routes.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "platform/telemetry/log.hpp"

namespace shop::provider {
namespace {

namespace http = platform::http;

constexpr std::size_t key_bytes_max = 255;

http::Response stripe_error(int status, std::string message, std::string code = {}) {
    return {.status = status,
            .body = error_json(
                {.type = "invalid_request_error", .code = std::move(code), .message = std::move(message)})};
}

http::Response unrecognized(const http::Request& request) {
    return stripe_error(404, "Unrecognized request URL (" + request.method + ": " + request.path + ").");
}

/// The call that a method and a path under /v1 name, without its parameters.
std::optional<Call> call_of(const http::Request& request) {
    std::vector<std::string_view> parts;
    for (std::string_view path = request.path; !path.empty();) {
        path.remove_prefix(1);  // The slash.
        const auto end = std::min(path.find('/'), path.size());
        parts.push_back(path.substr(0, end));
        path.remove_prefix(end);
    }
    if (parts.size() < 2 || parts[0] != "v1") return std::nullopt;
    const bool post = request.method == "POST";
    if (!post && request.method != "GET") return std::nullopt;
    const auto resource = parts[1];
    const auto named = [&](CallKind kind) { return Call{.kind = kind, .id = std::string(parts[2])}; };
    if (resource == "payment_intents") {
        if (parts.size() == 2 && post) return Call{.kind = CallKind::create};
        if (parts.size() == 3 && !post) return named(CallKind::retrieve);
        if (parts.size() == 4 && post && parts[3] == "confirm") return named(CallKind::confirm);
        if (parts.size() == 4 && post && parts[3] == "cancel") return named(CallKind::cancel);
    } else if (resource == "refunds") {
        if (parts.size() == 2) return Call{.kind = post ? CallKind::refund : CallKind::list_refunds};
        if (parts.size() == 3 && !post) return named(CallKind::retrieve_refund);
    }
    return std::nullopt;
}

/// Standard base64 with padding; nullopt for anything else.
std::optional<std::string> from_base64(std::string_view text) {
    std::string out;
    std::uint32_t bits = 0;
    int held = 0;
    while (text.ends_with('=')) text.remove_suffix(1);
    for (const char c : text) {
        constexpr std::string_view alphabet =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        const auto value = alphabet.find(c);
        if (value == alphabet.npos) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        held += 6;
        if (held >= 8) out += static_cast<char>(bits >> (held -= 8) & 0xff);
    }
    return out;
}

bool is_form(const http::Request& request) {
    const auto type = request.headers.find("Content-Type");
    if (!type) return request.body.empty();
    return http::equal_ignoring_case(type->substr(0, type->find(';')), "application/x-www-form-urlencoded");
}

bool is_acceptable_key(std::string_view key) {
    return !key.empty() && key.size() <= key_bytes_max &&
           std::ranges::all_of(key, [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

Routes::Routes(boost::asio::io_context& context, Provider& provider, Journal& journal,
               RoutesSettings settings, platform::telemetry::Metrics& metrics)
    : context_(context),
      provider_(provider),
      journal_(journal),
      settings_(std::move(settings)),
      metrics_(metrics),
      replayed_(metrics.counter("provider_replayed_total", "Answers repeated for an idempotency key.")) {
    for (const auto kind : call_kinds)
        calls_[static_cast<std::size_t>(kind)] = &metrics.counter("provider_calls_total", "Calls of the API.",
                                                                  {{"call", std::string(name_of(kind))}});
    for (const auto event : events)
        effects_[static_cast<std::size_t>(event)] =
            &metrics.counter("provider_effects_total", "Effects written to the log.",
                             {{"event", std::string(name_of(event))}});
    for (const auto fault : all_faults)
        faults_[static_cast<std::size_t>(fault)] = &metrics.counter(
            "provider_faults_total", "Faults drawn by plan.", {{"fault", std::string(name_of(fault))}});
}

platform::awaitable<http::Response> Routes::handle(http::Request request) {
    if (request.path == "/health/live") co_return http::Response{.body = R"({"status":"live"})"};
    if (request.path == "/health/ready")
        co_return http::Response{.status = draining_ ? 503 : 200,
                                 .body = draining_ ? R"({"status":"draining"})" : R"({"status":"ready"})"};
    if (request.path == "/metrics")
        co_return http::Response{.body = metrics_.text(),
                                 .content_type = "text/plain; version=0.0.4; charset=utf-8"};
    if (!authentic(request.headers)) {
        auto refused =
            stripe_error(401, request.headers.find("Authorization")
                                  ? "Invalid API Key provided."
                                  : "You did not provide an API key. You need to provide your API key in "
                                    "the Authorization header, using Bearer auth.");
        refused.headers.emplace_back("WWW-Authenticate", R"(Bearer realm="Stripe")");
        co_return refused;
    }
    if (request.path == "/_simulator/faults") co_return faults(request);
    auto call = call_of(request);
    if (!call) co_return unrecognized(request);
    const bool post = request.method == "POST";
    if (post && !is_form(request))
        co_return stripe_error(400, "The content type must be application/x-www-form-urlencoded.");
    auto form = parse_form(post ? request.body : request.query);
    if (!form) co_return stripe_error(400, "The parameters are not well-formed.");
    call->form = std::move(*form);
    if (const auto key = request.headers.find("Idempotency-Key"); key && post) {
        if (!is_acceptable_key(*key))
            co_return stripe_error(400, "Idempotency keys are 1 to 255 printable characters.");
        call->idempotency_key = *key;
    }
    co_return co_await serve(std::move(*call));
}

platform::awaitable<http::Response> Routes::serve(Call call) {
    const auto reply = provider_.call(call);
    count(call, reply);
    journal_.append(reply.effects);
    co_await journal_.written();
    if (reply.delivery == Delivery::slow) {
        boost::asio::steady_timer timer(context_, settings_.slow);
        co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }
    if (reply.holds_key) provider_.answered(call.idempotency_key);
    if (reply.delivery == Delivery::never) co_return http::Response{.status = 0};
    http::Response response{.status = reply.status, .body = reply.body};
    if (!call.idempotency_key.empty()) response.headers.emplace_back("Idempotency-Key", call.idempotency_key);
    if (reply.replayed) response.headers.emplace_back("Idempotent-Replayed", "true");
    co_return response;
}

/// GET shows the plan of faults, POST replaces it.
http::Response Routes::faults(const http::Request& request) {
    if (request.method == "GET") return {.body = provider_.faults().text()};
    if (request.method != "POST") return unrecognized(request);
    auto plan = FaultPlan::parse(request.body);
    if (!plan) return stripe_error(400, plan.error());
    provider_.set_faults(std::move(*plan));
    const auto text = provider_.faults().text();
    platform::telemetry::log_info("faults planned", {{"plan", text}});
    return {.body = text};
}

bool Routes::authentic(const http::Headers& headers) const {
    const auto sent = headers.find("Authorization");
    if (!sent) return false;
    constexpr std::string_view bearer = "Bearer ", basic = "Basic ";
    if (http::equal_ignoring_case(sent->substr(0, bearer.size()), bearer))
        return sent->substr(bearer.size()) == settings_.key;
    if (!http::equal_ignoring_case(sent->substr(0, basic.size()), basic)) return false;
    // The key is the user name; the password stays empty.
    return from_base64(sent->substr(basic.size())) == settings_.key + ":";
}

void Routes::count(const Call& call, const Reply& reply) {
    calls_[static_cast<std::size_t>(call.kind)]->add();
    if (reply.replayed) replayed_.add();
    if (reply.fault != Fault::none) faults_[static_cast<std::size_t>(reply.fault)]->add();
    for (const auto& effect : reply.effects) effects_[static_cast<std::size_t>(effect.event)]->add();
}

void Routes::record(const std::vector<Effect>& effects) {
    for (const auto& effect : effects) effects_[static_cast<std::size_t>(effect.event)]->add();
    journal_.append(effects);
}

}  // namespace shop::provider
