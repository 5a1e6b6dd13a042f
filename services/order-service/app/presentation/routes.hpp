#pragma once

#include "platform/http/api.hpp"
#include "services/order-service/app/application/ports.hpp"
#include "services/order-service/app/application/views.hpp"

namespace shop::order {

struct RoutePorts {
    Ports ports;
    OrderReads* reads;
    Outcomes* outcomes;
};

platform::http::Info api_info();

void add_routes(platform::http::Api<RoutePorts>& api);

}  // namespace shop::order
