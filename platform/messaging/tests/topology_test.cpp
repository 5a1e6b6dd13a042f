#include "platform/messaging/topology.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/messaging/tests/virtual_host.hpp"

namespace platform::messaging {
namespace {

using ::testing::HasSubstr;

struct TopologyTest : ::testing::Test {
    VirtualHost host;
};

TEST_F(TopologyTest, is_as_the_broker_describes_it) {
    Connection connection(host.config(), "topology");
    declare(connection, {{"inventory.orders", {"OrderCreated", "ReleaseStock"}}});

    const auto queue = host.queue("inventory.orders");
    EXPECT_EQ(queue.at("type").as_string(), "quorum");
    EXPECT_TRUE(queue.at("durable").as_bool());
    EXPECT_EQ(queue.at("arguments"), (boost::json::value{{"x-queue-type", "quorum"},
                                                         {"x-delivery-limit", 100},
                                                         {"x-dead-letter-exchange", "shop.dead"},
                                                         {"x-dead-letter-routing-key", "inventory.orders"},
                                                         {"x-dead-letter-strategy", "at-least-once"},
                                                         {"x-overflow", "reject-publish"}}));
    const auto dead = host.queue("inventory.orders.dead");
    EXPECT_EQ(dead.at("type").as_string(), "quorum");
    EXPECT_TRUE(dead.at("durable").as_bool());

    const auto exchange = host.manage("GET", "exchanges/" + host.name() + "/shop.events");
    EXPECT_EQ(exchange.at("type").as_string(), "topic");
    EXPECT_TRUE(exchange.at("durable").as_bool());
    std::vector<std::string> keys;
    const auto bindings = host.manage("GET", "exchanges/" + host.name() + "/shop.events/bindings/source");
    for (const auto& binding : bindings.as_array()) {
        EXPECT_EQ(binding.at("destination").as_string(), "inventory.orders");
        keys.emplace_back(binding.at("routing_key").as_string());
    }
    EXPECT_THAT(keys, ::testing::UnorderedElementsAre("OrderCreated", "ReleaseStock"));
    const auto graves = host.manage("GET", "exchanges/" + host.name() + "/shop.dead/bindings/source");
    ASSERT_EQ(graves.as_array().size(), 1u);
    EXPECT_EQ(graves.at(0).at("destination").as_string(), "inventory.orders.dead");
    EXPECT_EQ(graves.at(0).at("routing_key").as_string(), "inventory.orders");
}

TEST_F(TopologyTest, may_be_declared_again_and_again) {
    for (int round = 0; round < 3; ++round) {
        Connection connection(host.config(), "topology");
        declare(connection, {{"a.b", {"X"}}});
        declare(connection, {{"a.b", {"X", "Y"}}});
    }
}

TEST_F(TopologyTest, names_queue_and_argument_when_they_disagree) {
    Connection(host.config(), "other").declare_queue("a.b", {{"x-queue-type", "quorum"}});
    Connection connection(host.config(), "topology");
    try {
        declare(connection, {{"a.b", {"X"}}});
        FAIL() << "a queue with other arguments was accepted";
    } catch (const TopologyMismatch& e) {
        EXPECT_THAT(e.what(), HasSubstr("queue a.b exists with another x-dead-letter-exchange"));
    }
}

TEST_F(TopologyTest, a_broker_that_is_not_there_is_an_error_in_time) {
    BrokerConfig config = host.config(1);
    EXPECT_THROW(Connection(config, "nobody"), BrokerError);
}

TEST_F(TopologyTest, a_wrong_password_is_an_error_that_says_so) {
    BrokerConfig config = host.config();
    config.url = "amqp://nobody:wrong@" + host.broker().host + ":" + std::to_string(host.broker().port) + "/";
    try {
        Connection connection(config, "nobody");
        FAIL() << "anybody may come in";
    } catch (const BrokerError& e) {
        EXPECT_THAT(e.what(), HasSubstr("ACCESS_REFUSED"));
    }
}

}  // namespace
}  // namespace platform::messaging
