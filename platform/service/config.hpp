#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <chrono>
#include <string>

#include "platform/config/settings.hpp"

namespace platform::service {

enum class LogLevel { debug, info, warn, error, off };
BOOST_DESCRIBE_ENUM(LogLevel, debug, info, warn, error, off)

/// What every service is configured with. A service's own struct derives from it and sets its port:
///   struct Config : platform::service::ServiceConfig { Config() { http_port = 8001; } ... };
///   BOOST_DESCRIBE_STRUCT(Config, (platform::service::ServiceConfig), (...))
/// and may have a check() of its own that throws ConfigError for settings that contradict each other.
struct ServiceConfig {
    /// Loopback, unless somebody decides otherwise: a service trusts whoever reaches its /metrics.
    std::string http_host = "127.0.0.1";
    config::Limit<0, 65'535> http_port = 0;  // 0: whichever is free.
    config::Limit<1, 100'000> http_connections = 1'024;

    config::Required<config::PostgresUrl> database_url;
    config::Limit<1, 1'000> database_connections = 16;  // For messages and what runs in the background.
    config::Limit<1, 1'000> request_connections = 8;    // For HTTP requests.
    /// How long a start waits for a database that is starting too.
    config::Milliseconds<0, 600'000> database_start_ms = std::chrono::seconds{10};

    config::Required<config::AmqpUrl> broker_url;
    /// How long published and handled messages are remembered: duplicates older than this are not recognised
    /// by their id any more, and events older than this cannot be published again.
    config::Limit<1, 8'760> message_retention_h = 24;

    /// Directory of `<kid>.pub.pem`.
    config::Required<std::string> jwt_public_keys;
    std::string jwt_issuer = "https://shop.local/auth";
    std::string jwt_audience = "shop-api";
    config::Limit<0, 60> jwt_leeway_s = 5;

    LogLevel log_level = LogLevel::info;

    /// At the end: how long to serve after saying "not ready", so that balancers notice (two missed checks),
    /// then how long requests under way may take, and when the process ends whatever is still going on.
    config::Milliseconds<0, 600'000> drain_ms = std::chrono::seconds{3};
    config::Milliseconds<0, 600'000> drain_requests_ms = std::chrono::seconds{3};
    config::Milliseconds<1, 1'200'000> stop_ms = std::chrono::milliseconds{9'500};

    /// Throws ConfigError when the steps of a stop do not fit into the whole.
    void check() const;
};
BOOST_DESCRIBE_STRUCT(ServiceConfig, (),
                      (http_host, http_port, http_connections, database_url, database_connections,
                       request_connections, database_start_ms, broker_url, message_retention_h,
                       jwt_public_keys, jwt_issuer, jwt_audience, jwt_leeway_s, log_level, drain_ms,
                       drain_requests_ms, stop_ms))

}  // namespace platform::service
