#include "platform/messaging/dead_letters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/base/clock.hpp"
#include "platform/base/ids.hpp"
#include "platform/messaging/cloud_event.hpp"
#include "platform/messaging/tests/virtual_host.hpp"
#include "platform/messaging/topology.hpp"

namespace platform::messaging {
namespace {

struct DeadLettersTest : ::testing::Test {
    DeadLettersTest() { declare(connection, {{"things", {"Thing"}}}); }

    /// Sends an event to the queue and rejects it there.
    Envelope kill(const std::string& subject) {
        const Envelope event{ids.next(), "Thing", "test", subject, SystemClock().now(), "", R"({"n":1})"};
        const auto before = letters.count("things");
        connection.publish(events_exchange, "Thing", true, content_of(event));
        std::optional<Incoming> delivery;
        while (!delivery) delivery = connection.get("things");
        connection.reject(delivery->tag);
        while (letters.count("things") == before) {
        }
        return event;
    }
    std::vector<std::string> subjects(std::size_t limit = 100) {
        std::vector<std::string> found;
        for (const auto& letter : letters.list("things", limit)) found.push_back(letter.subject);
        return found;
    }

    VirtualHost host;
    RandomIds ids;
    Connection connection{host.config(), "killer"};
    DeadLetters letters{host.config()};
};

TEST_F(DeadLettersTest, are_counted_and_listed_oldest_first_and_stay) {
    EXPECT_EQ(letters.count("things"), 0u);
    const Envelope event = kill("first");
    kill("second");
    for (int look = 0; look < 3; ++look)
        while (subjects() != std::vector<std::string>{"first", "second"}) {
        }
    EXPECT_THAT(subjects(1), ::testing::ElementsAre("first"));
    while (letters.count("things") != 2) {
    }
    const auto letter = letters.find("things", event.id.text());
    ASSERT_TRUE(letter);
    EXPECT_EQ(letter->type, "Thing");
    EXPECT_EQ(letter->data, R"({"n":1})");
    EXPECT_EQ(letter->reason, "rejected");
    EXPECT_EQ(letter->time, rfc3339(event.time));
}

TEST_F(DeadLettersTest, go_back_to_their_queue_as_they_came) {
    const Envelope event = kill("only");
    while (letters.requeue("things", std::nullopt) != 1) {
    }
    EXPECT_EQ(letters.count("things"), 0u);
    const auto back = host.drain("things");
    ASSERT_EQ(back.size(), 1u);
    EXPECT_EQ(envelope_of(back[0]), event);
    for (const auto& [key, value] : back[0].headers) EXPECT_THAT(key, ::testing::StartsWith("cloudEvents_"));
}

TEST_F(DeadLettersTest, go_back_one_by_one_if_asked) {
    kill("first");
    const Envelope second = kill("second");
    kill("third");
    EXPECT_EQ(letters.requeue("things", ids.next().text()), 0u);
    while (letters.count("things") != 3) {
    }
    EXPECT_EQ(letters.requeue("things", second.id.text()), 1u);
    while (letters.count("things") != 2) {
    }
    EXPECT_THAT(subjects(), ::testing::UnorderedElementsAre("first", "third"));
}

TEST_F(DeadLettersTest, all_go_back_even_if_there_are_many) {
    for (int i = 0; i < 30; ++i) kill(std::to_string(i));
    EXPECT_EQ(letters.requeue("things", std::nullopt), 30u);
    EXPECT_EQ(letters.count("things"), 0u);
}

TEST_F(DeadLettersTest, of_a_queue_that_does_not_exist_are_a_mistake) {
    EXPECT_THROW(letters.count("nothing"), std::invalid_argument);
    EXPECT_THROW(letters.list("nothing", 1), std::invalid_argument);
    EXPECT_THROW(letters.requeue("nothing", std::nullopt), std::invalid_argument);
}

}  // namespace
}  // namespace platform::messaging
