#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "platform/http/router.hpp"
#include "platform/telemetry/log.hpp"

namespace platform::http {
namespace {

awaitable<Response> immediately(Response response) { co_return response; }

Route system_route(std::string path, std::function<awaitable<Response>(Call)> run) {
    return {.method = "GET",
            .path = std::move(path),
            .options = {.access = Access::anyone},
            .run = std::move(run),
            .documented = false};
}

awaitable<bool> holds(std::string name, std::function<awaitable<bool>()> check) {
    try {
        co_return co_await check();
    } catch (const std::exception& failure) {
        telemetry::log_warn("readiness check failed", {{"check", name}, {"reason", failure.what()}});
        co_return false;
    }
}

}  // namespace

void SystemRoutes::ready_when(std::string name, std::function<awaitable<bool>()> check) {
    checks_.emplace_back(std::move(name), std::move(check));
}

void SystemRoutes::mount(Router& router) {
    router.add(
        system_route("/health/live", [](Call) { return immediately({.body = R"({"status":"live"})"}); }));
    router.add(system_route("/health/ready", [this](Call) { return ready(); }));
    router.add(system_route("/metrics", [this](Call) {
        return immediately(
            {.body = metrics_.text(), .content_type = "text/plain; version=0.0.4; charset=utf-8"});
    }));
    router.add(system_route("/openapi.json",
                            [this, &router](Call) { return immediately({.body = document(router)}); }));
}

awaitable<Response> SystemRoutes::ready() {
    boost::json::object checks;
    bool all = !draining_;
    for (const auto& [name, check] : checks_) {
        const bool one = co_await holds(name, check);
        checks[name] = one;
        all = all && one;
    }
    boost::json::object body;
    body["status"] = draining_ ? "draining" : all ? "ready" : "not ready";
    body["checks"] = std::move(checks);
    co_return Response{.status = all ? 200 : 503, .body = boost::json::serialize(body)};
}

const std::string& SystemRoutes::document(const Router& router) {
    if (document_.empty()) document_ = boost::json::serialize(router.openapi());
    return document_;
}

}  // namespace platform::http
