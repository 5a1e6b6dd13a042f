#include "tools/load/target.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

#include "platform/config/config.hpp"

namespace shop::load {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Target target(platform::config::Environment::Variables variables) {
    variables.insert({{"SHOP_GATEWAY_URL", "http://127.0.0.1:8000"},
                      {"SHOP_ADMIN_EMAIL", "admin@shop.local"},
                      {"SHOP_ADMIN_PASSWORD", "secret"}});
    return platform::config::load<Target>(platform::config::Environment(std::move(variables)));
}

TEST(Target, lists_the_replicas_of_a_service) {
    EXPECT_THAT(addresses_in("http://a:1,http://b:2/"), ElementsAre("http://a:1", "http://b:2"));
    EXPECT_THAT(addresses_in(""), IsEmpty());
    EXPECT_THAT(addresses_in(","), IsEmpty());
}

TEST(Target, sends_orders_to_every_replica_or_to_the_gateway) {
    const auto both = target({{"SHOP_ORDER_URL", "http://127.0.0.1:8003,http://127.0.0.1:8013"}});
    EXPECT_THAT(order_addresses(both, Way::direct),
                ElementsAre("http://127.0.0.1:8003", "http://127.0.0.1:8013"));
    EXPECT_THAT(order_addresses(both, Way::gateway), ElementsAre("http://127.0.0.1:8000"));
}

TEST(Target, cannot_be_measured_directly_without_the_address) {
    EXPECT_THROW(order_addresses(target({}), Way::direct), std::invalid_argument);
}

TEST(Target, is_reached_at_host_and_port) {
    EXPECT_EQ(endpoint_of("http://127.0.0.1:8003"), (Endpoint{"127.0.0.1", "8003"}));
    EXPECT_EQ(endpoint_of("http://shop.test"), (Endpoint{"shop.test", "80"}));
}

TEST(Target, is_refused_with_an_address_that_clients_cannot_use) {
    for (const auto* url : {"https://a:1", "a:1", "http://", "http://:1", "http://a:", "http://a:1/prefix"})
        EXPECT_THROW(endpoint_of(url), std::invalid_argument) << url;
}

}  // namespace
}  // namespace shop::load
