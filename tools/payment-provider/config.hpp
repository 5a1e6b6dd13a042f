#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <chrono>
#include <string>

#include "platform/config/settings.hpp"

namespace shop::provider {

enum class LogLevel { debug, info, warn, error, off };
BOOST_DESCRIBE_ENUM(LogLevel, debug, info, warn, error, off)

struct Config {
    std::string http_host = "127.0.0.1";
    platform::config::Limit<0, 65'535> http_port = 8010;  // 0: whichever is free.
    platform::config::Limit<1, 100'000> http_connections = 1'024;
    LogLevel log_level = LogLevel::info;

    /// The secret key that callers authenticate with.
    platform::config::Required<platform::config::Secret> provider_key;
    /// The file of effects. State lives here, so it belongs beside the shop's databases: a provider that has
    /// forgotten its payments cannot refund them.
    std::string provider_log = "payment-provider.jsonl";
    /// Whether each write is synced to disk; not needed to survive a kill.
    bool provider_log_sync = false;
    platform::config::Milliseconds<0, 600'000> provider_slow_ms = std::chrono::milliseconds{3'000};
    platform::config::Milliseconds<0, 600'000> provider_processing_ms = std::chrono::milliseconds{2'000};
    platform::config::Milliseconds<0, 31'536'000'000> provider_key_lifetime_ms = std::chrono::hours{24};
};
BOOST_DESCRIBE_STRUCT(Config, (),
                      (http_host, http_port, http_connections, log_level, provider_key, provider_log,
                       provider_log_sync, provider_slow_ms, provider_processing_ms, provider_key_lifetime_ms))

}  // namespace shop::provider
