#pragma once

#include "platform/http/api.hpp"
#include "platform/postgres/pool.hpp"
#include "services/order-service/app/application/ports.hpp"
#include "services/order-service/app/infrastructure/outcomes.hpp"

namespace shop::order {

/// What the routes need: the use cases' ports, and for reads the database itself.
struct RoutePorts {
    Ports ports;
    platform::postgres::Pool* pool;
    Outcomes* outcomes;
};

platform::http::Info api_info();

void add_routes(platform::http::Api<RoutePorts>& api);

}  // namespace shop::order
