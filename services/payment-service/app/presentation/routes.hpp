#pragma once

#include "platform/http/api.hpp"
#include "services/payment-service/app/application/views.hpp"

namespace shop::payment {

/// The routes only read; charging and refunding is asked for by events.
struct RoutePorts {
    PaymentReads* reads;
};

platform::http::Info api_info();

void add_routes(platform::http::Api<RoutePorts>& api);

}  // namespace shop::payment
