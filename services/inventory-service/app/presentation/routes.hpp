#pragma once

#include "platform/http/api.hpp"
#include "platform/postgres/pool.hpp"
#include "services/inventory-service/app/application/ports.hpp"

namespace shop::inventory {

/// What the routes need: the use cases' ports, and for reads the database itself.
struct RoutePorts {
    Ports ports;
    platform::postgres::Pool* pool;
};

platform::http::Info api_info();

void add_routes(platform::http::Api<RoutePorts>& api);

}  // namespace shop::inventory
