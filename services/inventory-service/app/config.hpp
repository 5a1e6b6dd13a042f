#pragma once

#include <boost/describe/class.hpp>

#include "platform/service/config.hpp"

namespace shop::inventory {

struct Config : platform::service::ServiceConfig {
    Config() { http_port = 8004; }

    platform::config::Limit<1, 1'000> batch_max = 200;
};
BOOST_DESCRIBE_STRUCT(Config, (platform::service::ServiceConfig), (batch_max))

}  // namespace shop::inventory
