#include "platform/messaging/publisher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "platform/base/clock.hpp"
#include "platform/base/ids.hpp"
#include "platform/messaging/cloud_event.hpp"
#include "platform/messaging/tests/virtual_host.hpp"
#include "platform/testing/run.hpp"
#include "platform/testing/tcp_gate.hpp"

namespace platform::messaging {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::ElementsAre;

struct PublisherTest : ::testing::Test {
    std::unique_ptr<Publisher> publisher(BrokerConfig config, PublisherConfig limits = {}) {
        auto made =
            std::make_unique<Publisher>(io, config, declared, subscribed_types(declared), metrics, limits);
        platform::testing::run_until(io, [&] { return made->connected(); });
        return made;
    }
    std::vector<Envelope> envelopes(std::size_t count, const std::string& type = "Thing") {
        std::vector<Envelope> made;
        for (std::size_t i = 0; i < count; ++i)
            made.push_back({ids.next(), type, "test", std::to_string(i), SystemClock().now(), "", "{}"});
        return made;
    }
    std::vector<PublishOutcome> publish(Publisher& to, std::vector<Envelope> messages,
                                        std::chrono::milliseconds timeout = 5s) {
        return platform::testing::run(io, to.publish(std::move(messages), timeout), 20s);
    }

    VirtualHost host;
    boost::asio::io_context io;
    telemetry::Metrics metrics;
    RandomIds ids;
    std::vector<Binding> declared{{"things", {"Thing"}}};
};

TEST_F(PublisherTest, confirmed_messages_are_in_the_queue_as_sent) {
    const auto to = publisher(host.config());
    auto sent = envelopes(3);
    sent[0].traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    EXPECT_THAT(publish(*to, sent),
                ElementsAre(PublishOutcome::confirmed, PublishOutcome::confirmed, PublishOutcome::confirmed));
    const auto received = host.drain("things");
    ASSERT_EQ(received.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(envelope_of(received[i]), sent[i]);
}

TEST_F(PublisherTest, nothing_to_publish_is_done_at_once) {
    const auto to = publisher(host.config());
    EXPECT_TRUE(publish(*to, {}).empty());
}

TEST_F(PublisherTest, thousands_pass_through_a_small_window) {
    const auto to = publisher(host.config(), {.queue_max = 20'000, .window_max = 50});
    EXPECT_THAT(publish(*to, envelopes(5'000), 15s), Each(PublishOutcome::confirmed));
}

TEST_F(PublisherTest, a_mandatory_message_without_a_queue_fails_and_the_others_do_not) {
    const auto to = publisher(host.config());
    host.unbind("things", "Thing");
    auto mixed = envelopes(2);
    mixed[1].type = "NobodyCares";
    EXPECT_THAT(publish(*to, mixed), ElementsAre(PublishOutcome::returned, PublishOutcome::confirmed));
}

TEST_F(PublisherTest, a_binding_that_was_lost_is_declared_again) {
    const auto to = publisher(host.config());
    host.unbind("things", "Thing");
    platform::testing::run_until(io,
                                 [&] { return publish(*to, envelopes(1))[0] == PublishOutcome::confirmed; });
}

TEST_F(PublisherTest, a_full_queue_refuses_the_whole_call) {
    const auto to = publisher(host.config(), {.queue_max = 10, .window_max = 5});
    EXPECT_THAT(publish(*to, envelopes(11)), Each(PublishOutcome::overloaded));
    EXPECT_THAT(publish(*to, envelopes(10)), Each(PublishOutcome::confirmed));
}

TEST_F(PublisherTest, without_a_broker_it_fails_at_once) {
    Publisher nowhere(io, host.config(1), declared, {}, metrics);
    EXPECT_THAT(publish(nowhere, envelopes(2), 5s), Each(PublishOutcome::disconnected));
}

TEST_F(PublisherTest, a_broker_that_stops_confirming_times_out_and_is_left) {
    platform::testing::TcpGate gate(host.broker().host, host.broker().port);
    const auto to = publisher(host.config(gate.port()));
    gate.hold_replies();
    const auto began = std::chrono::steady_clock::now();
    EXPECT_THAT(publish(*to, envelopes(3), 300ms), Each(PublishOutcome::timed_out));
    EXPECT_LT(std::chrono::steady_clock::now() - began, 1s);
    gate.cut();
    gate.release_replies();
    platform::testing::run_until(io, [&] { return to->connected(); });
    EXPECT_THAT(publish(*to, envelopes(3)), Each(PublishOutcome::confirmed));
}

TEST_F(PublisherTest, a_connection_that_is_cut_fails_what_is_under_way_and_comes_back) {
    platform::testing::TcpGate gate(host.broker().host, host.broker().port);
    const auto to = publisher(host.config(gate.port()));
    gate.hold_replies();
    std::optional<std::vector<PublishOutcome>> outcomes;
    boost::asio::co_spawn(io, to->publish(envelopes(3), 10s),
                          [&](std::exception_ptr, auto all) { outcomes = all; });
    const auto before = gate.bytes_to_server();
    platform::testing::run_until(io, [&] { return gate.bytes_to_server() > before; });
    gate.cut();
    gate.release_replies();
    platform::testing::run_until(io, [&] { return outcomes.has_value(); });
    EXPECT_THAT(*outcomes, Each(PublishOutcome::disconnected));
    platform::testing::run_until(io, [&] { return to->connected(); });
    EXPECT_THAT(publish(*to, envelopes(3)), Each(PublishOutcome::confirmed));
}

TEST_F(PublisherTest, the_broker_closing_the_connection_is_survived) {
    const auto to = publisher(host.config());
    const double connects = metrics.counter("publisher_connects_total", "").value();
    host.close_connections();
    platform::testing::run_until(io, [&] {
        return metrics.counter("publisher_connects_total", "").value() > connects && to->connected();
    });
    EXPECT_THAT(publish(*to, envelopes(10)), Each(PublishOutcome::confirmed));
}

TEST_F(PublisherTest, a_dead_peer_is_found_by_the_missing_heartbeat) {
    platform::testing::TcpGate gate(host.broker().host, host.broker().port);
    BrokerConfig config = host.config(gate.port());
    config.heartbeat = 1s;
    const auto to = publisher(config);
    gate.hold_replies();
    platform::testing::run_until(io, [&] { return !to->connected(); });
}

TEST_F(PublisherTest, stopping_completes_what_is_under_way) {
    platform::testing::TcpGate gate(host.broker().host, host.broker().port);
    const auto to = publisher(host.config(gate.port()));
    gate.hold_replies();
    std::optional<std::vector<PublishOutcome>> outcomes;
    boost::asio::co_spawn(io, to->publish(envelopes(3), 10s),
                          [&](std::exception_ptr, auto all) { outcomes = all; });
    const auto before = gate.bytes_to_server();
    platform::testing::run_until(io, [&] { return gate.bytes_to_server() > before; });
    to->stop_and_wait();
    platform::testing::run_until(io, [&] { return outcomes.has_value(); });
    EXPECT_THAT(*outcomes, Each(PublishOutcome::stopped));
    EXPECT_THAT(publish(*to, envelopes(1)), Each(PublishOutcome::stopped));
    to->stop_and_wait();
}

TEST_F(PublisherTest, many_callers_on_many_threads_get_their_own_outcomes) {
    std::array<boost::asio::io_context, 4> contexts;  // They outlive the publisher, as they must.
    const auto to = publisher(host.config());
    std::vector<std::thread> callers;
    std::atomic<int> confirmed = 0;
    for (boost::asio::io_context& own : contexts)
        callers.emplace_back([&] {
            for (int round = 0; round < 20; ++round) {
                const auto outcomes = platform::testing::run(own, to->publish(envelopes(7), 5s));
                confirmed += static_cast<int>(std::ranges::count(outcomes, PublishOutcome::confirmed));
            }
        });
    for (auto& caller : callers) caller.join();
    EXPECT_EQ(confirmed, 4 * 20 * 7);
    EXPECT_EQ(Connection(host.config(), "count").message_count("things"), 4u * 20 * 7);
}

TEST_F(PublisherTest, refuses_a_url_that_cannot_be_read) {
    BrokerConfig config;
    config.url = "http://nowhere";
    EXPECT_THROW(Publisher(io, config, {}, {}, metrics), std::invalid_argument);
}

}  // namespace
}  // namespace platform::messaging
