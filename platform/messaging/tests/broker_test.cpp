#include "platform/messaging/broker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/messaging/cloud_event.hpp"

namespace platform::messaging {
namespace {

using namespace std::chrono_literals;

TEST(BrokerUrl, is_read_in_all_its_parts) {
    const BrokerUrl url = BrokerUrl::parse("amqp://order:s%40cret%2f@broker.local:5673/shop");
    EXPECT_EQ(url.user, "order");
    EXPECT_EQ(url.password, "s@cret/");
    EXPECT_EQ(url.host, "broker.local");
    EXPECT_EQ(url.port, 5673);
    EXPECT_EQ(url.vhost, "shop");
}

TEST(BrokerUrl, has_the_defaults_of_the_protocol) {
    for (const char* text : {"amqp://host", "amqp://host/", "amqp://guest:guest@host:5672/%2F"}) {
        const BrokerUrl url = BrokerUrl::parse(text);
        EXPECT_EQ(url.user, "guest");
        EXPECT_EQ(url.password, "guest");
        EXPECT_EQ(url.host, "host");
        EXPECT_EQ(url.port, 5672);
        EXPECT_EQ(url.vhost, "/");
    }
}

TEST(BrokerUrl, takes_an_ipv6_host_in_brackets) {
    const BrokerUrl url = BrokerUrl::parse("amqp://u:p@[::1]:1234/v");
    EXPECT_EQ(url.host, "::1");
    EXPECT_EQ(url.port, 1234);
}

TEST(BrokerUrl, refuses_what_it_cannot_read_without_repeating_it) {
    for (const char* text :
         {"", "http://host/", "amqps://host/", "amqp://", "amqp://u:secret@/v", "amqp://u@host", "amqp://h:0",
          "amqp://h:65536", "amqp://h:12x", "amqp://h:", "amqp://h/a/b", "amqp://u:sec%zzret@h",
          "amqp://u:secret%4@h", "amqp://[::1", "amqp://h/v?x=1"}) {
        try {
            BrokerUrl::parse(text);
            ADD_FAILURE() << text << " was accepted";
        } catch (const std::invalid_argument& e) {
            EXPECT_THAT(e.what(), ::testing::StartsWith("broker URL: "));
            EXPECT_THAT(e.what(), ::testing::Not(::testing::HasSubstr("sec")));
        }
    }
}

TEST(Backoff, doubles_with_jitter_up_to_its_limit) {
    for (int round = 0; round < 200; ++round) {
        EXPECT_THAT(backoff_delay(0, 100ms, 5s), ::testing::AllOf(::testing::Ge(50ms), ::testing::Le(100ms)));
        EXPECT_THAT(backoff_delay(3, 100ms, 5s),
                    ::testing::AllOf(::testing::Ge(400ms), ::testing::Le(800ms)));
        EXPECT_THAT(backoff_delay(60, 100ms, 5s), ::testing::AllOf(::testing::Ge(2500ms), ::testing::Le(5s)));
    }
}

Envelope sample() {
    return {*Uuid::parse("01935a1c-0000-7000-8000-000000000001"),
            "OrderCreated",
            "order-service",
            "an order",
            *parse_rfc3339("2026-11-22T18:00:00.123456Z"),
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            R"({"total":1})"};
}

TEST(CloudEvent, survives_the_way_through_amqp) { EXPECT_EQ(envelope_of(content_of(sample())), sample()); }

TEST(CloudEvent, carries_the_attributes_where_they_are_looked_for) {
    const Content content = content_of(sample());
    EXPECT_EQ(content.message_id, "01935a1c-0000-7000-8000-000000000001");
    EXPECT_EQ(content.type, "OrderCreated");
    EXPECT_EQ(content.content_type, "application/json");
    EXPECT_EQ(content.header("cloudEvents_specversion"), "1.0");
    EXPECT_EQ(content.header("cloudEvents_source"), "order-service");
    EXPECT_EQ(content.header("cloudEvents_time"), "2026-11-22T18:00:00.123456Z");
}

TEST(CloudEvent, without_an_id_or_with_a_broken_time_is_no_event) {
    Content content = content_of(sample());
    content.message_id = "7";
    EXPECT_EQ(envelope_of(content).error(), "the message id is no UUID");
    content = content_of(sample());
    content.headers = {{"cloudEvents_time", "yesterday"}};
    EXPECT_EQ(envelope_of(content).error(), "the time is not RFC 3339");
    content.headers.clear();
    EXPECT_TRUE(envelope_of(content));
}

}  // namespace
}  // namespace platform::messaging
