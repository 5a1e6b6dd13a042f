#pragma once

#include "platform/http/api.hpp"
#include "services/user-service/app/application/ports.hpp"

namespace shop::user {

/// Title, version and paths of this service's API. The base path is empty, because the key set has a place of
/// its own by convention.
platform::http::Info api_info();

void add_routes(platform::http::Api<Ports>& api);

}  // namespace shop::user
