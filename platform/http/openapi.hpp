#pragma once

#include <boost/json/value.hpp>
#include <vector>

#include "platform/http/router.hpp"

namespace platform::http {

/// The OpenAPI 3.1 document of the routes. Their parameters, bodies and results come from the handlers'
/// signatures; what the platform answers by itself (401, 415, 503, …) is added to what a route declares.
boost::json::value openapi_document(const Info& info, const std::vector<const Route*>& routes,
                                    const contract::Components& components);

}  // namespace platform::http
