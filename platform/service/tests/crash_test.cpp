#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <map>

#include "platform/base/clock.hpp"
#include "platform/base/ids.hpp"
#include "platform/contract/write.hpp"
#include "platform/messaging/delivery.hpp"
#include "platform/messaging/publisher.hpp"
#include "platform/messaging/tests/virtual_host.hpp"
#include "platform/service/tests/child.hpp"
#include "platform/service/tests/keys.hpp"
#include "platform/service/tests/task.hpp"
#include "platform/telemetry/log.hpp"
#include "platform/testing/database.hpp"
#include "platform/testing/run.hpp"

namespace platform::service {
namespace {

using namespace std::chrono_literals;
using messaging::Connection;

constexpr std::int64_t neighbours = 200;
/// Once in a batch, then once in each attempt that is counted; after that it is refused unheard.
const int crashes = 1 + messaging::DeliveryPolicy{}.attempts_max;

class CrashTest : public ::testing::Test {
  protected:
    CrashTest() {
        database.execute("create table done (number bigint, at timestamptz default clock_timestamp())");
    }

    void publish(const std::vector<Task>& tasks) {
        messaging::Publisher publisher{
            io, host.config(), {{task_queue, {std::string{Task::type}}}}, {std::string{Task::type}}, metrics};
        std::vector<messaging::Envelope> messages;
        for (const auto& task : tasks)
            messages.push_back({ids.next(), std::string{Task::type}, "test", std::to_string(task.number),
                                SystemClock{}.now(), "", contract::to_json(task)});
        platform::testing::run_until(io, [&] { return publisher.connected(); });
        for (const auto outcome : platform::testing::run(io, publisher.publish(messages, 5s)))
            ASSERT_EQ(outcome, messaging::PublishOutcome::confirmed);
    }
    std::map<std::string, std::string> environment() const {
        return {{"SHOP_HTTP_PORT", "0"},
                {"SHOP_DATABASE_URL", database.url()},
                {"SHOP_BROKER_URL", host.config().url},
                {"SHOP_JWT_PUBLIC_KEYS", keys.path.string()},
                {"SHOP_DRAIN_MS", "0"}};
    }
    std::string done() {
        return database.value("select count(*) || ' of ' || count(distinct number) from done");
    }
    std::uint32_t waiting(const std::string& queue) {
        return Connection{host.config(), "count"}.message_count(queue);
    }
    /// Seconds from the first start to when the last of these was done.
    std::string seconds(const std::string& which) {
        return database.value("select round(extract(epoch from max(at) - '" + began +
                              "')::numeric, 2) from done where " + which);
    }

    messaging::VirtualHost host;
    platform::testing::Database database;
    Keys keys;
    boost::asio::io_context io;
    telemetry::Metrics metrics;
    RandomIds ids;
    std::string began;
};

TEST_F(CrashTest, a_message_that_kills_the_process_is_a_dead_letter_and_its_neighbours_are_handled_once) {
    std::vector<Task> tasks;
    for (std::int64_t i = 0; i < neighbours; ++i) {
        if (i == neighbours / 2) tasks.push_back({.number = -1, .fatal = true});
        tasks.push_back({.number = i});
    }
    publish(tasks);
    began = database.value("select clock_timestamp()");
    for (int i = 0; i < crashes; ++i)
        EXPECT_EQ((Child{CRASHING_PROGRAM, environment()}.wait()), 128 + SIGKILL);
    Child last{CRASHING_PROGRAM, environment()};
    last.line_with(R"("serving")");
    platform::testing::run_until(
        io, [&] { return done() == "200 of 200" && waiting("tasks.dead") == 1; }, 30s);
    last.signal(SIGTERM);
    EXPECT_EQ(last.wait(), 0);
    // One line of the log for each message, at the level that services run at.
    EXPECT_THAT(last.output(), ::testing::HasSubstr(R"("subject":"150","outcome":"handled"})"));
    EXPECT_THAT(last.output(), ::testing::HasSubstr(R"("subject":"-1","outcome":"rejected"})"));

    EXPECT_EQ(done(), "200 of 200");
    EXPECT_EQ(database.value("select count(*) from done where number < 0"), "0");
    EXPECT_EQ(waiting("tasks"), 0u);
    const auto dead = host.drain("tasks.dead");
    ASSERT_EQ(dead.size(), 1u);
    EXPECT_EQ(dead.front().body, R"({"number":-1,"fatal":true})");
    telemetry::log_info("neighbours of a message that kills the process",
                        {{"seconds_of_those_before", seconds("number < 100")},
                         {"seconds_of_those_after", seconds("number >= 100")},
                         {"restarts", crashes}});
}

}  // namespace
}  // namespace platform::service
