#pragma once

#include <boost/describe/class.hpp>
#include <optional>

#include "platform/contract/types.hpp"
#include "platform/service/config.hpp"

namespace shop::user {

struct Config : platform::service::ServiceConfig {
    Config() { http_port = 8001; }

    /// PEM file named `<kid>.pem`; its public half must be among jwt_public_keys.
    platform::config::Required<std::string> jwt_private_key;
    /// Short, because a token cannot be taken back.
    platform::config::Limit<60, 86'400> access_token_s = 900;
    /// The first administrator, made at the start if the address has no account yet.
    std::optional<platform::contract::Email> admin_email;
    std::optional<platform::config::Secret> admin_password;

    /// Throws ConfigError for settings that only make sense together.
    void check() const;
};
BOOST_DESCRIBE_STRUCT(Config, (platform::service::ServiceConfig),
                      (jwt_private_key, access_token_s, admin_email, admin_password))

}  // namespace shop::user
