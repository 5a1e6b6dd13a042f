#pragma once

#include <expected>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "platform/http/binding.hpp"
#include "platform/http/message.hpp"
#include "platform/http/problem.hpp"
#include "platform/http/refused.hpp"
#include "platform/http/router.hpp"
#include "platform/http/signature.hpp"

namespace platform::http {

/// Routes of one service, declared by the signatures of their handlers:
///
///     awaitable<std::expected<OrderView, Refused<Refusal>>> post_order(Ports, Caller, PlaceOrder);
///     api.post("/orders", 202, &post_order, {.summary = "Places an order", .idempotency_key = true});
///
/// Arguments are recognised by type, in any order: Ports, Caller, Path<T>, Query<T>, and at most one
/// described struct, which is the JSON body (std::optional<S>: a body that may be missing). The result's
/// value is a described struct, std::vector of one, Page, Created, Reply, NoContent, or a whole Response; its
/// error is an enumeration with a problem_of() beside it, or Refused of one. The same declaration gives the
/// OpenAPI document.
///
/// Ports is copied for every call, so it holds references. The Api must outlive the requests it handles.
template <class Ports>
class Api {
  public:
    Api(Info info, Ports ports, Authenticate authenticate, telemetry::Metrics& metrics)
        : ports_(std::move(ports)), router_(std::move(info), std::move(authenticate), metrics) {}

    template <class Out, class Error, class... Args>
    using HandlerOf = awaitable<std::expected<Out, Error>> (*)(Args...);

    template <class Out, class Error, class... Args>
    void get(std::string path, int status, HandlerOf<Out, Error, Args...> handler,
             RouteOptions options = {}) {
        add("GET", std::move(path), status, handler, std::move(options));
    }
    template <class Out, class Error, class... Args>
    void post(std::string path, int status, HandlerOf<Out, Error, Args...> handler,
              RouteOptions options = {}) {
        add("POST", std::move(path), status, handler, std::move(options));
    }
    template <class Out, class Error, class... Args>
    void put(std::string path, int status, HandlerOf<Out, Error, Args...> handler,
             RouteOptions options = {}) {
        add("PUT", std::move(path), status, handler, std::move(options));
    }
    template <class Out, class Error, class... Args>
    void patch(std::string path, int status, HandlerOf<Out, Error, Args...> handler,
               RouteOptions options = {}) {
        add("PATCH", std::move(path), status, handler, std::move(options));
    }
    template <class Out, class Error, class... Args>
    void del(std::string path, int status, HandlerOf<Out, Error, Args...> handler,
             RouteOptions options = {}) {
        add("DELETE", std::move(path), status, handler, std::move(options));
    }

    /// Adds a check to /health/ready, which answers 200 when all of them hold. A check that throws does not
    /// hold; it must have a deadline of its own.
    void ready_when(std::string name, std::function<awaitable<bool>()> check) {
        router_.system().ready_when(std::move(name), std::move(check));
    }

    /// From now on /health/ready answers 503, so that whoever balances load stops sending it here.
    void announce_drain() { router_.system().announce_drain(); }

    /// Answers one request, without a socket. Never throws: what handlers throw is logged with the trace id
    /// and answered 503 with Retry-After if it is Unavailable, else 500. A HEAD is answered with the body of
    /// the GET, which the server leaves out.
    awaitable<Response> handle(Request request) { return router_.handle(std::move(request)); }

    /// handle() as what a Server takes.
    Handler handler() {
        return [this](Request request) { return handle(std::move(request)); };
    }

    /// The OpenAPI 3.1 document, which is also at /openapi.json.
    boost::json::value openapi() const { return router_.openapi(); }

    /// "METHOD /path" of every documented route, sorted.
    std::vector<std::string> routes() const { return router_.routes(); }

  private:
    template <class Out, class Error, class... Args>
    void add(std::string method, std::string path, int status, HandlerOf<Out, Error, Args...> handler,
             RouteOptions options) {
        static_assert(binding::bodies<Ports, Args...> <= 1, "a handler has at most one request body");
        Route route{.method = std::move(method),
                    .path = options.outside_base_path ? std::move(path) : router_.info().base_path + path,
                    .status = status,
                    .options = std::move(options)};
        (binding::describe_argument<Ports, Args>(route, router_.components()), ...);
        binding::describe_result<Out>(route, router_.components());
        // Not a coroutine: it only starts one, with everything handed over by value.
        route.run = [this, handler, status](Call call) {
            return binding::run<Ports, Out, Error, Args...>(ports_, handler, status, std::move(call));
        };
        router_.add(std::move(route));
    }

    Ports ports_;
    Router router_;
};

}  // namespace platform::http
