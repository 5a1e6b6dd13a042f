#include "platform/http/router.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "platform/base/ensure.hpp"
#include "platform/base/errors.hpp"
#include "platform/http/openapi.hpp"
#include "platform/http/target.hpp"
#include "platform/telemetry/log.hpp"

namespace platform::http {
namespace {

using Clock = std::chrono::steady_clock;
using telemetry::Counter;
using telemetry::Histogram;

constexpr std::size_t idempotency_key_bytes_max = 255;
constexpr std::chrono::seconds wait_max{60};
constexpr std::chrono::seconds retry_soon{1};

bool is_parameter(std::string_view segment) { return segment.starts_with('{') && segment.ends_with('}'); }

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

bool is_acceptable_key(std::string_view key) {
    return !key.empty() && key.size() <= idempotency_key_bytes_max &&
           std::ranges::all_of(key, [](char c) { return c >= 0x20 && c < 0x7f; });
}

/// The wait preference of a Prefer header (RFC 7240). One that cannot be read is ignored: it is a preference.
std::optional<std::chrono::seconds> wait_of(std::string_view prefer) {
    while (!prefer.empty()) {
        const auto end = std::min(prefer.find_first_of(",;"), prefer.size());
        const auto preference = trimmed(prefer.substr(0, end));
        prefer.remove_prefix(std::min(end + 1, prefer.size()));
        const auto equals = preference.find('=');
        if (equals == std::string_view::npos) continue;
        if (!equal_ignoring_case(trimmed(preference.substr(0, equals)), "wait")) continue;
        const auto number = trimmed(preference.substr(equals + 1));
        unsigned seconds = 0;
        const auto read = std::from_chars(number.data(), number.data() + number.size(), seconds);
        if (read.ec != std::errc{} || read.ptr != number.data() + number.size()) return {};
        return std::min(std::chrono::seconds{seconds}, wait_max);
    }
    return {};
}

bool permits(const RouteOptions& options, const std::vector<std::string>& roles) {
    return options.roles.empty() || std::ranges::find_first_of(options.roles, roles) != options.roles.end();
}

}  // namespace

Uuid Caller::user_id() const {
    ensure(user.has_value(), "only handlers of protected routes ask who the user is");
    return *user;
}

bool Caller::has_role(std::string_view role) const { return std::ranges::find(roles, role) != roles.end(); }

/// The RED metrics of one route. Statuses are few, so each one's counter is looked up once and kept.
class Red {
  public:
    Red(telemetry::Metrics& metrics, std::string route)
        : metrics_(metrics),
          route_(std::move(route)),
          seconds_(
              metrics.histogram("http_request_seconds", "Time to answer a request.", {{"route", route_}})) {}

    void record(const std::string& method, int status, double seconds) {
        seconds_.observe(seconds);
        auto found = std::ranges::find_if(
            counters_, [&](const Seen& seen) { return seen.status == status && seen.method == method; });
        if (found == counters_.end()) {
            auto& counter =
                metrics_.counter("http_requests_total", "Requests answered.",
                                 {{"route", route_}, {"method", method}, {"status", std::to_string(status)}});
            found = counters_.insert(counters_.end(), Seen{method, status, &counter});
        }
        found->counter->add();
    }

  private:
    struct Seen {
        std::string method;
        int status;
        Counter* counter;
    };
    telemetry::Metrics& metrics_;
    std::string route_;
    Histogram& seconds_;
    std::vector<Seen> counters_;
};

/// One path of the table with its methods.
struct Router::Entry {
    std::string path;
    std::vector<std::string> segments;
    std::map<std::string, Route> methods;
    Red red;

    bool matches(const std::vector<std::string>& requested) const {
        return std::ranges::equal(
            segments, requested, [](std::string_view pattern, std::string_view segment) {
                return pattern == segment || (is_parameter(pattern) && !segment.empty());
            });
    }

    std::vector<std::string> parameters(std::vector<std::string> requested) const {
        std::vector<std::string> values;
        for (std::size_t i = 0; i < segments.size(); ++i)
            if (is_parameter(segments[i])) values.push_back(std::move(requested[i]));
        return values;
    }

    std::string allow() const {
        std::set<std::string> names{"OPTIONS"};
        for (const auto& [method, route] : methods) names.insert(method);
        if (names.contains("GET")) names.insert("HEAD");
        std::string text;
        for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
        return text;
    }

    /// Where two entries match one path, the one that is literal where the other is not stands first.
    bool operator<(const Entry& other) const {
        return std::ranges::lexicographical_compare(segments, other.segments, {}, is_parameter, is_parameter);
    }
};

struct Router::Table {
    Info info;
    Authenticate authenticate;
    telemetry::Metrics& metrics;
    contract::Components components;
    std::vector<std::unique_ptr<Entry>> entries;
    Red unmatched{metrics, "unmatched"};

    Entry* find(const std::vector<std::string>& segments) {
        for (const auto& entry : entries)
            if (entry->matches(segments)) return entry.get();
        return nullptr;
    }

    Entry& entry_for(const std::string& path) {
        for (const auto& entry : entries)
            if (entry->path == path) return *entry;
        auto segments = path_segments(path);
        ensure(segments.has_value(), "a route's path is well-formed");
        auto entry = std::make_unique<Entry>(Entry{path, std::move(*segments), {}, Red{metrics, path}});
        for (const auto& other : entries)
            ensure(!std::ranges::equal(entry->segments, other->segments,
                                       [](std::string_view one, std::string_view two) {
                                           return one == two || (is_parameter(one) && is_parameter(two));
                                       }),
                   "two routes differ in more than the names of parameters");
        const auto place = std::ranges::find_if(entries, [&](const auto& other) { return *entry < *other; });
        return **entries.insert(place, std::move(entry));
    }
};

/// What is known about a request before its handler runs: the route and its call, or the refusal.
struct Router::Admission {
    Entry* entry = nullptr;
    const Route* route = nullptr;
    Call call;
    std::optional<Response> answered;
};

Router::Router(Info info, Authenticate authenticate, telemetry::Metrics& metrics)
    : table_(std::make_unique<Table>(Table{std::move(info), std::move(authenticate), metrics})),
      system_(metrics) {
    system_.mount(*this);
}

Router::~Router() = default;

void Router::add(Route route) {
    auto& entry = table_->entry_for(route.path);
    const auto parameters = static_cast<std::size_t>(std::ranges::count_if(entry.segments, is_parameter));
    ensure(parameters == route.path_schemas.size(),
           "a handler has one Path argument per {parameter} of its route");
    if (route.options.access == Access::admin && route.options.roles.empty()) route.options.roles = {"admin"};
    ensure(route.options.access != Access::anyone || route.options.roles.empty(),
           "a route that needs a role is not open to anyone");
    const auto method = route.method;
    ensure(entry.methods.emplace(method, std::move(route)).second, "a route is declared once");
}

Router::Admission Router::admit(Request request) {
    Admission admission{.call = {.request = std::move(request)}};
    auto& in = admission.call.request;
    const auto instance = [&] { return in.trace.id_text(); };
    const auto refuse = [&](const Problem& problem) {
        admission.answered = problem_response(problem, instance());
    };

    auto segments = path_segments(in.path);
    if (!segments) {
        refuse(problems::bad_request);
        return admission;
    }
    admission.entry = table_->find(*segments);
    if (admission.entry == nullptr) {
        refuse(problems::not_found);
        return admission;
    }
    const auto& entry = *admission.entry;
    if (in.method == "OPTIONS") {
        admission.answered =
            Response{.status = 204, .content_type = {}, .headers = {{"Allow", entry.allow()}}};
        return admission;
    }
    const auto found = entry.methods.find(in.method == "HEAD" ? "GET" : in.method);
    if (found == entry.methods.end()) {
        refuse(problems::method_not_allowed);
        admission.answered->headers.emplace_back("Allow", entry.allow());
        return admission;
    }
    admission.route = &found->second;
    in.parameters = entry.parameters(std::move(*segments));
    auto& caller = admission.call.caller;
    caller.trace = in.trace;
    caller.request_id = in.request_id;
    caller.deadline = in.deadline;
    admission.answered = identify(*admission.route, admission.call);
    if (!admission.answered) admission.answered = read_preferences(admission.call);
    return admission;
}

/// Access control. The refusal, if any.
std::optional<Response> Router::identify(const Route& route, Call& call) {
    if (route.options.access == Access::anyone) return {};
    const auto instance = call.request.trace.id_text();
    const auto authorization = call.request.headers.find("Authorization");
    if (!authorization) {
        auto response = problem_response(problems::unauthenticated, instance);
        response.headers.emplace_back("WWW-Authenticate", "Bearer");
        return response;
    }
    auto identity = table_->authenticate(call.request);
    if (!identity) {
        telemetry::log_info("token refused", {{"reason", identity.error()}, {"route", route.path}},
                            &call.request.trace);
        auto response = problem_response(problems::unauthenticated, instance);
        response.headers.emplace_back("WWW-Authenticate", R"(Bearer error="invalid_token")");
        return response;
    }
    if (!permits(route.options, identity->roles)) return problem_response(problems::forbidden, instance);
    call.caller.user = identity->user;
    call.caller.roles = std::move(identity->roles);
    call.caller.authorization = *authorization;
    return {};
}

/// Header parameters. The refusal, if any.
std::optional<Response> Router::read_preferences(Call& call) {
    const auto& headers = call.request.headers;
    if (const auto key = headers.find("Idempotency-Key")) {
        if (!is_acceptable_key(*key))
            return problem_response(problems::malformed_key, call.request.trace.id_text());
        call.caller.idempotency_key = *key;
    }
    if (const auto prefer = headers.find("Prefer")) call.caller.wait = wait_of(*prefer);
    if (const auto match = headers.find("If-Match")) call.caller.if_match = *match;
    return {};
}

awaitable<Response> Router::handle(Request request) {
    const auto began = Clock::now();
    if (!request.trace.valid()) request.trace = telemetry::Trace::start();
    const auto trace = request.trace;
    const auto request_id = request.request_id;
    const auto method = request.method;
    Admission admission;
    Response response;
    // The one place where exceptions end: nobody above could do anything about them.
    try {
        admission = admit(std::move(request));
        if (admission.answered)
            response = std::move(*admission.answered);
        else
            response = co_await admission.route->run(std::move(admission.call));
    } catch (const Unavailable& failure) {
        telemetry::log_warn("request failed", {{"reason", failure.what()}}, &trace);
        response = problem_response(problems::unavailable, trace.id_text(), {}, {}, retry_soon);
    } catch (const std::exception& failure) {
        telemetry::log_error("request failed", {{"reason", failure.what()}}, &trace);
        response = problem_response(problems::internal_error, trace.id_text());
    } catch (...) {
        telemetry::log_error("request failed", {{"reason", "an exception of no known type"}}, &trace);
        response = problem_response(problems::internal_error, trace.id_text());
    }
    if (admission.route != nullptr && std::ranges::none_of(response.headers, [](const auto& header) {
            return equal_ignoring_case(header.first, "Cache-Control");
        }))
        response.headers.emplace_back("Cache-Control", admission.route->options.cache_control);
    record(admission.entry, admission.route, method, request_id, trace, response.status,
           Clock::now() - began);
    co_return response;
}

void Router::record(Entry* entry, const Route* route, const std::string& method,
                    const std::string& request_id, const telemetry::Trace& trace, int status,
                    Clock::duration took) {
    const auto seconds = std::chrono::duration<double>(took).count();
    // Any word can be a method, so only those of the table become labels.
    const std::string label = route != nullptr ? route->method : "other";
    (entry != nullptr ? entry->red : table_->unmatched).record(label, status, seconds);
    const bool documented = route == nullptr || route->documented;
    telemetry::log(documented ? telemetry::Level::info : telemetry::Level::debug, "request",
                   {{"route", entry != nullptr ? entry->path : "unmatched"},
                    {"method", method},
                    {"status", status},
                    {"duration_ms", seconds * 1000},
                    {"request_id", request_id}},
                   &trace);
}

contract::Components& Router::components() { return table_->components; }
const Info& Router::info() const { return table_->info; }

std::vector<std::string> Router::routes() const {
    std::vector<std::string> names;
    for (const auto& entry : table_->entries)
        for (const auto& [method, route] : entry->methods)
            if (route.documented) names.push_back(method + " " + route.path);
    std::ranges::sort(names);
    return names;
}

boost::json::value Router::openapi() const {
    std::vector<const Route*> routes;
    for (const auto& entry : table_->entries)
        for (const auto& [method, route] : entry->methods)
            if (route.documented) routes.push_back(&route);
    return openapi_document(table_->info, routes, table_->components);
}

}  // namespace platform::http
