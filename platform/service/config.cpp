#include "platform/service/config.hpp"

#include "platform/config/load.hpp"

namespace platform::service {

void ServiceConfig::check() const {
    if (drain_ms + drain_requests_ms >= stop_ms)
        throw config::ConfigError(
            {"SHOP_STOP_MS must be more than SHOP_DRAIN_MS and SHOP_DRAIN_REQUESTS_MS together"});
}

}  // namespace platform::service
