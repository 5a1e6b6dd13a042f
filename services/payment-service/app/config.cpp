#include "services/payment-service/app/config.hpp"

#include "platform/config/load.hpp"

namespace shop::payment {

void Config::check() const {
    constexpr std::chrono::seconds lease_max{30};
    if (provider_ms >= lease_ms || lease_ms >= lease_max)
        throw platform::config::ConfigError(
            {"SHOP_PROVIDER_MS must be less than SHOP_LEASE_MS, and that less than 30000"});
}

}  // namespace shop::payment
