#include "services/user-service/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/config/config.hpp"

namespace shop::user {
namespace {

using platform::config::ConfigError;
using platform::config::Environment;

Environment::Variables least() {
    return {{"SHOP_DATABASE_URL", "postgresql://user:dbpass@127.0.0.1/user_db"},
            {"SHOP_BROKER_URL", "amqp://user:mqpass@127.0.0.1/"},
            {"SHOP_JWT_PUBLIC_KEYS", "/keys"},
            {"SHOP_JWT_PRIVATE_KEY", "/keys/k1.pem"}};
}

Config loaded(Environment::Variables variables) {
    auto config = platform::config::load<Config>(Environment{std::move(variables)});
    config.check();
    return config;
}

TEST(Config, has_defaults_for_all_but_four_settings) {
    const auto config = loaded(least());
    EXPECT_EQ(config.http_port, 8001);
    EXPECT_EQ(config.access_token_s, 900);
    EXPECT_EQ(*config.jwt_private_key, "/keys/k1.pem");
    EXPECT_THROW(loaded({}), ConfigError);
}

TEST(Config, wants_address_and_password_of_the_administrator_together) {
    auto variables = least();
    variables["SHOP_ADMIN_EMAIL"] = "root@example.org";
    EXPECT_THROW(loaded(variables), ConfigError);
    variables["SHOP_ADMIN_PASSWORD"] = "short";
    EXPECT_THROW(loaded(variables), ConfigError);
    variables["SHOP_ADMIN_PASSWORD"] = "correct horse";
    EXPECT_EQ(loaded(variables).admin_email->value, "root@example.org");
    variables["SHOP_ADMIN_EMAIL"] = "nobody";
    EXPECT_THROW(loaded(variables), ConfigError);
}

TEST(Config, shows_no_secret) {
    auto variables = least();
    variables["SHOP_ADMIN_EMAIL"] = "root@example.org";
    variables["SHOP_ADMIN_PASSWORD"] = "correct horse";
    const auto shown = platform::config::describe(loaded(variables));
    for (const char* secret : {"dbpass", "mqpass", "correct horse"})
        EXPECT_THAT(shown, testing::Not(testing::HasSubstr(secret)));
}

}  // namespace
}  // namespace shop::user
