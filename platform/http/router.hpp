#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "platform/base/uuid.hpp"
#include "platform/contract/schema.hpp"
#include "platform/http/message.hpp"
#include "platform/http/problem.hpp"
#include "platform/telemetry/metrics.hpp"

/// The part of an API that does not depend on anybody's types: route table, access control, header
/// parameters, the edge where exceptions end, logs, metrics, health and the OpenAPI document. api.hpp puts
/// types in front.
namespace platform::http {

/// Who a valid token says is calling.
struct Identity {
    Uuid user;
    std::vector<std::string> roles;
};

/// Verifies what the request presents. The error is for the log; clients learn only that it was refused.
/// Called for protected routes only, and only with an Authorization header present.
using Authenticate = std::function<std::expected<Identity, std::string>(const Request&)>;

/// What a handler may know about the request beyond its arguments.
struct Caller {
    std::optional<Uuid> user{};  // Set on every route that is not open to anyone.
    std::vector<std::string> roles{};
    std::string idempotency_key{};               // Empty: none was sent.
    std::string if_match{};                      // The raw If-Match header; empty: none was sent.
    std::string request_sha256{};                // 64 hexadecimal digits; empty without an idempotency key.
    std::optional<std::chrono::seconds> wait{};  // From "Prefer: wait=N".
    telemetry::Trace trace{};
    std::string request_id{};
    std::string authorization{};  // The raw header, for passing on to a service that checks it itself.
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();

    /// The user of a protected route.
    Uuid user_id() const;
    bool has_role(std::string_view role) const;
};

enum class Access { anyone, user, admin };

/// A problem that a route may answer, from a Problem or from a service's own enumeration by its problem_of().
struct DeclaredProblem : Problem {
    DeclaredProblem(const Problem& problem) : Problem(problem) {}
    template <class Reason>
        requires std::is_enum_v<Reason>
    DeclaredProblem(Reason reason) : Problem(problem_of(reason)) {}
};

struct RouteOptions {
    Access access = Access::user;      // Forgetting it locks a route instead of opening it.
    std::vector<std::string> roles{};  // Any of them will do; narrows `user`. `admin` means {"admin"}.
    std::string summary{};
    std::vector<DeclaredProblem> problems{};
    bool idempotency_key = false;  // The handler honours Idempotency-Key.
    bool prefer_wait = false;      // The handler honours Prefer: wait=N.
    bool if_match = false;         // The handler honours If-Match.
    std::string cache_control = "no-store";
    std::string tag{};
    bool outside_base_path = false;  // For addresses that others have fixed, such as /.well-known/jwks.json.
};

struct Info {
    std::string title;
    std::string version;
    std::string base_path = "/api/v1";
    std::string description{};
};

/// What a type-erased handler gets.
struct Call {
    Caller caller;
    Request request;
};

struct Route {
    std::string method;
    std::string path;  // "/api/v1/orders/{id}": the base path is already in front.
    int status = 200;
    RouteOptions options;
    std::function<awaitable<Response>(Call)> run;
    std::vector<boost::json::value> path_schemas{};  // In the order of the path's {parameters}.
    boost::json::array query{};                      // OpenAPI parameter objects.
    std::optional<boost::json::value> body_schema{};
    bool body_required = true;
    std::optional<boost::json::value> result_schema{};  // None: the response has no body.
    bool location = false;                              // The response carries a Location header.
    bool documented = true;                             // Health, metrics and the document itself are not.
};

/// What every service answers beside its API: /health/live, /health/ready, /metrics and /openapi.json. They
/// are open to anyone who can reach the port; the gateway does not route to them.
class SystemRoutes {
  public:
    explicit SystemRoutes(const telemetry::Metrics& metrics) : metrics_(metrics) {}

    void ready_when(std::string name, std::function<awaitable<bool>()> check);
    void announce_drain() { draining_ = true; }
    void mount(class Router& router);

  private:
    awaitable<Response> ready();
    const std::string& document(const Router& router);

    const telemetry::Metrics& metrics_;
    std::vector<std::pair<std::string, std::function<awaitable<bool>()>>> checks_;
    std::string document_;  // Written at the first request for it: by then every route is declared.
    bool draining_ = false;
};

class Router {
  public:
    Router(Info info, Authenticate authenticate, telemetry::Metrics& metrics);
    ~Router();
    Router(const Router&) = delete;
    Router& operator=(const Router&) = delete;

    /// Aborts on a route that contradicts itself or another one: that is a mistake in the program.
    void add(Route route);

    /// Never throws; see Api::handle.
    awaitable<Response> handle(Request request);

    SystemRoutes& system() { return system_; }
    boost::json::value openapi() const;
    std::vector<std::string> routes() const;
    contract::Components& components();
    const Info& info() const;

  private:
    struct Entry;
    struct Table;
    struct Admission;

    Admission admit(Request request);
    std::optional<Response> identify(const Route& route, Call& call);
    static std::optional<Response> read_preferences(Call& call);
    void record(Entry* entry, const Route* route, const std::string& method, const std::string& request_id,
                const telemetry::Trace& trace, int status, std::chrono::steady_clock::duration took);

    std::unique_ptr<Table> table_;
    SystemRoutes system_;
};

}  // namespace platform::http
