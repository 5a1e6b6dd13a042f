#include "services/payment-service/app/config.hpp"

#include "platform/config/load.hpp"

namespace shop::payment {

void Config::check() const {
    // So long the saga waits for a payment, also for one that another worker left to its lease.
    constexpr std::chrono::seconds step{20};
    if (provider_ms >= lease_ms || lease_ms >= step)
        throw platform::config::ConfigError(
            {"SHOP_PROVIDER_MS must be less than SHOP_LEASE_MS, and that less than the 20000 in which the "
             "saga expects a payment"});
}

}  // namespace shop::payment
