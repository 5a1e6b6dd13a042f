#pragma once

#include "platform/http/api.hpp"
#include "services/inventory-service/app/application/ports.hpp"
#include "services/inventory-service/app/application/views.hpp"

namespace shop::inventory {

struct RoutePorts {
    Ports ports;
    StockReads* reads;
};

platform::http::Info api_info();

void add_routes(platform::http::Api<RoutePorts>& api);

}  // namespace shop::inventory
