#include "platform/http/openapi.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <string>

namespace platform::http {
namespace {

namespace json = boost::json;

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    });
    return text;
}

/// "post_orders_id_cancel": stable as long as the route is, which generated clients rely on.
std::string operation_id(const Info& info, const Route& route) {
    std::string id = lower(route.method);
    bool boundary = true;
    const auto prefix = route.path.starts_with(info.base_path) ? info.base_path.size() : 0;
    for (const char c : route.path.substr(prefix)) {
        const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (word && boundary) id += '_';
        if (word) id += c;
        boundary = !word;
    }
    return id;
}

json::object content(std::string_view media_type, json::value schema) {
    return {{media_type, {{"schema", std::move(schema)}}}};
}

json::object parameter(std::string_view in, std::string_view name, bool required, json::value schema) {
    return {{"name", name}, {"in", in}, {"required", required}, {"schema", std::move(schema)}};
}

json::array parameters(const Route& route) {
    json::array list;
    std::size_t index = 0;
    for (std::size_t begin = 0; (begin = route.path.find('{', begin)) != std::string::npos; ++begin) {
        const auto name = route.path.substr(begin + 1, route.path.find('}', begin) - begin - 1);
        list.push_back(parameter("path", name, true, route.path_schemas.at(index++)));
    }
    for (const auto& one : route.query) list.push_back(one);
    if (route.options.idempotency_key) {
        auto key =
            parameter("header", "Idempotency-Key", false,
                      {{"type", "string"}, {"minLength", 1}, {"maxLength", 255}, {"pattern", "^[ -~]+$"}});
        key["description"] =
            "The same key with the same request is answered with the first one's result; with "
            "another request it is refused.";
        list.push_back(std::move(key));
    }
    if (route.options.prefer_wait) {
        auto prefer = parameter("header", "Prefer", false, {{"type", "string"}});
        prefer["description"] = "wait=N: answer when the outcome is known, after N seconds at the latest.";
        prefer["example"] = "wait=5";
        list.push_back(std::move(prefer));
    }
    if (route.options.if_match) {
        auto match = parameter("header", "If-Match", false, {{"type", "string"}});
        match["description"] =
            "The ETag that was read; the request is refused when it is not the present one.";
        list.push_back(std::move(match));
    }
    return list;
}

std::vector<Problem> possible_problems(const Route& route) {
    std::vector<Problem> all(route.options.problems.begin(), route.options.problems.end());
    if (!route.path_schemas.empty()) all.push_back(problems::not_found);
    if (!route.query.empty()) all.push_back(problems::bad_parameters);
    if (route.options.idempotency_key) all.push_back(problems::malformed_key);
    if (route.options.access != Access::anyone) all.push_back(problems::unauthenticated);
    if (!route.options.roles.empty()) all.push_back(problems::forbidden);
    if (route.body_schema) {
        all.push_back(problems::malformed_body);
        all.push_back(problems::body_too_large);
        all.push_back(problems::unsupported_media_type);
        all.push_back(problems::validation_failed);
    }
    // The server below the routes answers these to any request.
    all.insert(all.end(), {problems::request_timeout, problems::head_too_large, problems::internal_error,
                           problems::unavailable, problems::overloaded, problems::too_slow});
    return all;
}

json::object success(const Route& route) {
    json::object response{{"description", "Success"}};
    if (route.location)
        response["headers"] = {{"Location", {{"schema", {{"type", "string"}, {"format", "uri-reference"}}}}}};
    if (route.result_schema) response["content"] = content("application/json", *route.result_schema);
    return response;
}

json::object responses(const Route& route) {
    // One response object stands for a status, so problems that share one are told apart by their slugs.
    std::map<int, std::vector<Problem>> by_status;
    for (const auto& problem : possible_problems(route)) {
        auto& same = by_status[problem.status];
        if (std::ranges::find(same, problem.slug, &Problem::slug) == same.end()) same.push_back(problem);
    }
    json::object all;
    all[std::to_string(route.status)] = success(route);
    for (const auto& [status, same] : by_status) {
        std::string description;
        json::array slugs;
        for (const auto& problem : same) {
            if (!description.empty()) description += "; ";
            description += std::string(problem.slug) + ": " + std::string(problem.title);
            slugs.push_back(json::string(problem.slug));
        }
        all[std::to_string(status)] = {
            {"description", description},
            {"content", content("application/problem+json", {{"$ref", "#/components/schemas/Problem"}})},
            {"x-problems", std::move(slugs)}};
    }
    return all;
}

json::object operation(const Info& info, const Route& route) {
    json::object out{{"operationId", operation_id(info, route)}};
    if (!route.options.summary.empty()) out["summary"] = route.options.summary;
    if (!route.options.tag.empty()) out["tags"] = json::array{json::string(route.options.tag)};
    if (auto list = parameters(route); !list.empty()) out["parameters"] = std::move(list);
    if (route.body_schema)
        out["requestBody"] = {{"required", route.body_required},
                              {"content", content("application/json", *route.body_schema)}};
    out["responses"] = responses(route);
    if (route.options.access == Access::anyone) {
        out["security"] = json::array();
    } else {
        json::array bearer;
        bearer.push_back(json::object{{"bearer", json::array()}});
        out["security"] = std::move(bearer);
        json::array roles;
        for (const auto& role : route.options.roles) roles.push_back(json::string(role));
        out["x-roles"] = std::move(roles);
    }
    return out;
}

json::object problem_schema() {
    const json::object text{{"type", "string"}};
    return {{"type", "object"},
            {"required", {"type", "title", "status", "instance"}},
            {"properties",
             {{"type", {{"type", "string"}, {"format", "uri-reference"}}},
              {"title", text},
              {"status", {{"type", "integer"}}},
              {"detail", text},
              {"instance", {{"type", "string"}, {"description", "The trace id."}}},
              {"errors",
               {{"type", "array"},
                {"items",
                 {{"type", "object"},
                  {"required", {"pointer", "detail"}},
                  {"properties", {{"pointer", text}, {"detail", text}}}}}}}}}};
}

}  // namespace

json::value openapi_document(const Info& info, const std::vector<const Route*>& routes,
                             const contract::Components& components) {
    json::object paths;
    for (const auto* route : routes) {
        auto& path = paths[route->path];
        if (path.is_null()) path = json::object{};
        path.as_object()[lower(route->method)] = operation(info, *route);
    }
    json::object about{{"title", info.title}, {"version", info.version}};
    if (!info.description.empty()) about["description"] = info.description;
    json::object schemas = components.schemas();
    schemas["Problem"] = problem_schema();
    return {{"openapi", "3.1.0"},
            {"info", std::move(about)},
            {"paths", std::move(paths)},
            {"components",
             {{"schemas", std::move(schemas)},
              {"securitySchemes",
               {{"bearer", {{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}}}}}}}};
}

}  // namespace platform::http
