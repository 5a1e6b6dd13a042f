#pragma once

#include "platform/http/api.hpp"
#include "platform/postgres/pool.hpp"

namespace shop::payment {

/// The routes only read; charging and refunding is asked for by events.
struct RoutePorts {
    platform::postgres::Pool* pool;
};

platform::http::Info api_info();

void add_routes(platform::http::Api<RoutePorts>& api);

}  // namespace shop::payment
