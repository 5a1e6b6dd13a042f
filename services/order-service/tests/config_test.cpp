#include "services/order-service/app/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/config/config.hpp"

namespace shop::order {
namespace {

using platform::config::ConfigError;
using platform::config::Environment;
using testing::AllOf;
using testing::HasSubstr;

/// What is said against a configuration; nothing when it is good.
std::string said(Environment::Variables more) {
    Environment::Variables variables{{"SHOP_DATABASE_URL", "postgresql://user:dbpass@127.0.0.1/order_db"},
                                     {"SHOP_BROKER_URL", "amqp://user:mqpass@127.0.0.1/"},
                                     {"SHOP_JWT_PUBLIC_KEYS", "/keys"},
                                     {"SHOP_PRODUCT_URL", "http://127.0.0.1:8002"}};
    variables.merge(more);
    try {
        platform::config::load<Config>(Environment{std::move(variables)}).check();
    } catch (const ConfigError& error) {
        return error.what();
    }
    return {};
}

TEST(Config, is_good_as_it_is) { EXPECT_EQ(said({}), ""); }

TEST(Config, gives_every_step_of_the_saga_some_time) {
    for (const auto* name :
         {"SHOP_RESERVE_STOCK_MS", "SHOP_TAKE_PAYMENT_MS", "SHOP_UNDO_AGAIN_MS", "SHOP_SWEEP_MS"})
        EXPECT_THAT(said({{name, "0"}}), HasSubstr(std::string{name} + " must be an integer from 1 to "));
    EXPECT_THAT(said({{"SHOP_SWEEP_MS", "0"}, {"SHOP_TAKE_PAYMENT_MS", "0"}}),
                AllOf(HasSubstr("SHOP_SWEEP_MS"), HasSubstr("SHOP_TAKE_PAYMENT_MS")));
}

TEST(Config, repeats_undos_more_and_more_slowly) {
    EXPECT_EQ(said({{"SHOP_UNDO_AGAIN_MS", "7"}, {"SHOP_UNDO_AGAIN_MAX_MS", "7"}}), "");
    EXPECT_THAT(said({{"SHOP_UNDO_AGAIN_MS", "8"}, {"SHOP_UNDO_AGAIN_MAX_MS", "7"}}),
                HasSubstr("SHOP_UNDO_AGAIN_MS must not be greater than SHOP_UNDO_AGAIN_MAX_MS"));
}

}  // namespace
}  // namespace shop::order
