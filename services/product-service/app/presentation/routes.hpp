#pragma once

#include "platform/http/api.hpp"
#include "services/product-service/app/application/ports.hpp"

namespace shop::product {

platform::http::Info api_info();

void add_routes(platform::http::Api<Ports>& api);

}  // namespace shop::product
