#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "platform/config/settings.hpp"

namespace shop::audit {

enum class LogLevel { debug, info, warn, error, off };
BOOST_DESCRIBE_ENUM(LogLevel, debug, info, warn, error, off)

/// What shop-auditor is configured with. The roles in the URLs need to read, and nothing more.
struct Config {
    std::string http_host = "127.0.0.1";
    platform::config::Limit<0, 65'535> http_port = 8020;  // 0: whichever is free.
    platform::config::Limit<1, 1'000> http_connections = 64;
    LogLevel log_level = LogLevel::info;

    platform::config::Required<platform::config::PostgresUrl> user_database_url;
    platform::config::Required<platform::config::PostgresUrl> product_database_url;
    platform::config::Required<platform::config::PostgresUrl> order_database_url;
    platform::config::Required<platform::config::PostgresUrl> inventory_database_url;
    platform::config::Required<platform::config::PostgresUrl> payment_database_url;
    platform::config::Required<platform::config::HttpUrl> broker_management_url;
    /// The payment provider's own log; without it A5 is not made.
    std::string provider_log;
    /// The cache of product-service; without it A17 is not made.
    std::optional<platform::config::RedisUrl> redis_url;

    platform::config::Limit<1, 3'600> audit_interval_s = 5;
    /// What is younger is left alone. Longer than all deadlines of an order and the longest pause between two
    /// of its undos together: 30 s, 60 s, and 10 s to spare.
    platform::config::Limit<1, 86'400> audit_grace_s = 100;
    /// Of the time; a round that took long is followed by a longer pause.
    platform::config::Limit<1, 50> audit_share_percent = 5;
    platform::config::Limit<10, 100'000> audit_slice_orders = 1'000;
    platform::config::Limit<100, 600'000> audit_statement_ms = 10'000;
};
BOOST_DESCRIBE_STRUCT(Config, (),
                      (http_host, http_port, http_connections, log_level, user_database_url,
                       product_database_url, order_database_url, inventory_database_url, payment_database_url,
                       broker_management_url, provider_log, redis_url, audit_interval_s, audit_grace_s,
                       audit_share_percent, audit_slice_orders, audit_statement_ms))

}  // namespace shop::audit
