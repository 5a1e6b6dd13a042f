#include "services/payment-service/app/config.hpp"

#include <gtest/gtest.h>

#include "platform/config/config.hpp"

namespace shop::payment {
namespace {

using platform::config::ConfigError;
using platform::config::Environment;

Config loaded(Environment::Variables more = {}) {
    Environment::Variables variables{{"SHOP_DATABASE_URL", "postgresql://user:dbpass@127.0.0.1/payment_db"},
                                     {"SHOP_BROKER_URL", "amqp://user:mqpass@127.0.0.1/"},
                                     {"SHOP_JWT_PUBLIC_KEYS", "/keys"},
                                     {"SHOP_PROVIDER_URL", "http://127.0.0.1:8010"},
                                     {"SHOP_PROVIDER_KEY", "sk_test"}};
    variables.merge(more);
    auto config = platform::config::load<Config>(Environment{std::move(variables)});
    config.check();
    return config;
}

TEST(Config, gives_a_call_less_time_than_the_lease_that_protects_it) {
    EXPECT_LT(loaded().provider_ms, loaded().lease_ms);
    EXPECT_THROW(loaded({{"SHOP_PROVIDER_MS", "20000"}}), ConfigError);
    EXPECT_THROW(loaded({{"SHOP_PROVIDER_MS", "0"}}), ConfigError);
    EXPECT_THROW(loaded({{"SHOP_LEASE_MS", "20000"}}), ConfigError);
    EXPECT_NO_THROW(loaded({{"SHOP_LEASE_MS", "19999"}}));
    EXPECT_NO_THROW(loaded({{"SHOP_PROVIDER_MS", "100"}, {"SHOP_LEASE_MS", "101"}}));
}

}  // namespace
}  // namespace shop::payment
