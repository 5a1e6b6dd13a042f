#pragma once

#include <boost/describe/class.hpp>

#include "platform/service/config.hpp"

namespace shop::payment {

struct Config : platform::service::ServiceConfig {
    Config() { http_port = 8005; }

    platform::config::Required<platform::config::Url> provider_url;
    platform::config::Required<platform::config::Secret> provider_key;
    /// One call; below the lease.
    platform::config::Milliseconds<1, 20'000> provider_ms = std::chrono::seconds{8};
    /// A step of the saga waits 20 s for a payment that another worker left.
    platform::config::Milliseconds<1, 20'000> lease_ms = std::chrono::seconds{12};
    platform::config::Limit<1, 1'000> payments_max = 64;  // Driven at once.
    platform::config::Limit<1, 1'000> batch_max = 200;

    /// Throws ConfigError when a call could outlast the lease that protects it, or when a lease could outlast
    /// the step of the saga, so that no other worker would come in time.
    void check() const;
};
BOOST_DESCRIBE_STRUCT(Config, (platform::service::ServiceConfig),
                      (provider_url, provider_key, provider_ms, lease_ms, payments_max, batch_max))

}  // namespace shop::payment
