#pragma once

#include <boost/describe/class.hpp>

#include "platform/service/config.hpp"

namespace shop::payment {

struct Config : platform::service::ServiceConfig {
    Config() { http_port = 8005; }

    platform::config::Required<platform::config::Url> provider_url;
    platform::config::Required<platform::config::Secret> provider_key;
    std::chrono::milliseconds provider_ms{8'000};  // One call; below the lease.
    std::chrono::milliseconds lease_ms{
        12'000};  // A step of the saga waits 20 s for one that another worker left.
    platform::config::Limit<1, 1'000> payments_max = 64;  // Driven at once.
    platform::config::Limit<1, 1'000> batch_max = 200;

    /// Throws ConfigError when a call has no time, when it could outlast the lease that protects it, or when
    /// a lease could outlast the step of the saga, so that no other worker would come in time.
    void check() const;
};
BOOST_DESCRIBE_STRUCT(Config, (platform::service::ServiceConfig),
                      (provider_url, provider_key, provider_ms, lease_ms, payments_max, batch_max))

}  // namespace shop::payment
