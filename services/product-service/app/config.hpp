#pragma once

#include <boost/describe/class.hpp>
#include <optional>

#include "platform/service/config.hpp"

namespace shop::product {

struct Config : platform::service::ServiceConfig {
    Config() { http_port = 8002; }

    /// Where details of products are kept for a while. Without it every read asks the database.
    std::optional<platform::config::RedisUrl> redis_url;
};
BOOST_DESCRIBE_STRUCT(Config, (platform::service::ServiceConfig), (redis_url))

}  // namespace shop::product
