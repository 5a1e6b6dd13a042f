#include "platform/http/problem.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace platform::http {

Response problem_response(const Problem& problem, std::string_view instance, std::string_view detail,
                          const contract::Violations& violations,
                          std::optional<std::chrono::seconds> retry_after) {
    boost::json::object body;
    body["type"] = "/problems/" + std::string(problem.slug);
    body["title"] = problem.title;
    body["status"] = problem.status;
    if (!detail.empty()) body["detail"] = detail;
    body["instance"] = instance;
    if (!violations.empty()) {
        boost::json::array errors;
        for (const auto& violation : violations)
            errors.push_back({{"pointer", violation.pointer}, {"detail", violation.detail}});
        body["errors"] = std::move(errors);
    }
    Response response{.status = problem.status,
                      .body = boost::json::serialize(body),
                      .content_type = "application/problem+json"};
    // "Not now" without "when" makes clients hammer or give up.
    if (problem.status == 503 && !retry_after) retry_after = std::chrono::seconds{1};
    if (retry_after) response.headers.emplace_back("Retry-After", std::to_string(retry_after->count()));
    return response;
}

}  // namespace platform::http
