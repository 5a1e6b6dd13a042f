#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "platform/contract/violation.hpp"
#include "platform/http/message.hpp"

namespace platform::http {

/// One kind of refusal as clients see it (RFC 9457). The slug is part of the contract: programs compare it,
/// so it never changes; the title is for people.
struct Problem {
    int status = 500;
    std::string_view slug;
    std::string_view title;
};

/// What the platform itself answers. Services add their own through problem_of(Refusal).
namespace problems {
inline constexpr Problem bad_request{400, "bad-request", "The request is not well-formed"};
inline constexpr Problem malformed_body{400, "malformed-body", "The body is not JSON"};
inline constexpr Problem bad_parameters{400, "bad-parameters", "Query parameters are not acceptable"};
inline constexpr Problem malformed_key{400, "malformed-idempotency-key",
                                       "Idempotency-Key must be 1 to 255 printable ASCII characters"};
inline constexpr Problem unauthenticated{401, "unauthenticated", "A valid access token is needed"};
inline constexpr Problem forbidden{403, "forbidden", "The access token does not permit this"};
inline constexpr Problem not_found{404, "not-found", "There is nothing here"};
inline constexpr Problem method_not_allowed{405, "method-not-allowed", "The method is not defined here"};
inline constexpr Problem request_timeout{408, "request-timeout", "The request did not arrive in time"};
inline constexpr Problem body_too_large{413, "body-too-large", "The body is larger than is accepted"};
inline constexpr Problem unsupported_media_type{415, "unsupported-media-type",
                                                "The body must be application/json"};
inline constexpr Problem expectation_failed{417, "expectation-failed", "Only 100-continue can be expected"};
inline constexpr Problem validation_failed{422, "validation-failed", "The body breaks rules of its schema"};
inline constexpr Problem head_too_large{431, "head-too-large", "The header is larger than is accepted"};
inline constexpr Problem internal_error{500, "internal-error", "Something went wrong on our side"};
inline constexpr Problem unavailable{503, "unavailable", "The service cannot answer now; try again"};
inline constexpr Problem overloaded{503, "overloaded", "Too many connections; try again"};
inline constexpr Problem too_slow{503, "too-slow", "The answer took too long; try again"};
inline constexpr Problem version_not_supported{505, "version-not-supported",
                                               "Only HTTP/1.0 and 1.1 are spoken"};
}  // namespace problems

/// The application/problem+json response: type "/problems/<slug>", title, status, `instance` (the trace id,
/// so that a report from a user leads to the log lines), and detail and errors where given. A 503 without
/// `retry_after` says one second.
Response problem_response(const Problem& problem, std::string_view instance, std::string_view detail = {},
                          const contract::Violations& violations = {},
                          std::optional<std::chrono::seconds> retry_after = {});

}  // namespace platform::http
