#include "platform/messaging/consumer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/describe/class.hpp>
#include <list>
#include <map>
#include <set>

#include "platform/base/clock.hpp"
#include "platform/base/ids.hpp"
#include "platform/messaging/publisher.hpp"
#include "platform/messaging/subscription.hpp"
#include "platform/messaging/tests/virtual_host.hpp"
#include "platform/testing/run.hpp"
#include "platform/testing/tcp_gate.hpp"

namespace platform::messaging {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::SizeIs;

struct Thing {
    static constexpr std::string_view type = "Thing";
    std::int64_t number = 0;
};
BOOST_DESCRIBE_STRUCT(Thing, (), (number))

/// Remembers what it was given; numbers decide what it does.
class Recorder {
  public:
    explicit Recorder(boost::asio::io_context& io) : io_(io) {}

    awaitable<void> handle(std::vector<Message<Thing>> batch) {
        std::vector<std::int64_t> numbers;
        for (const auto& message : batch) numbers.push_back(message.event.number);
        calls.push_back(numbers);
        if (hold) {
            auto& gate = gates.emplace_back(io_, boost::asio::steady_timer::time_point::max());
            boost::system::error_code released;
            co_await gate.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, released));
            if ((co_await boost::asio::this_coro::cancellation_state).cancelled() !=
                boost::asio::cancellation_type::none)
                ++cancelled;
        }
        if (away && away()) throw Unavailable("away");
        for (const auto number : numbers)
            if (poison.contains(number)) throw std::runtime_error("poison");
        for (const auto number : numbers) ++handled[number];
    }
    void release() {
        hold = false;
        for (auto& gate : gates) gate.cancel();
    }

    bool hold = false;
    std::function<bool()> away;
    std::set<std::int64_t> poison;
    std::vector<std::vector<std::int64_t>> calls;
    std::map<std::int64_t, int> handled;
    int cancelled = 0;
    std::list<boost::asio::steady_timer> gates;  // One for each call that is held.

  private:
    boost::asio::io_context& io_;
};

struct ConsumerTest : ::testing::Test {
    ConsumerTest() {
        platform::testing::run_until(io, [&] { return publisher.connected(); });
    }

    void publish(std::int64_t first, std::int64_t count) {
        std::vector<std::string> bodies;
        for (std::int64_t i = first; i < first + count; ++i)
            bodies.push_back(R"({"number":)" + std::to_string(i) + "}");
        publish("Thing", bodies);
    }
    void publish(const std::string& type, const std::vector<std::string>& bodies) {
        std::vector<Envelope> messages;
        for (const auto& body : bodies)
            messages.push_back({ids.next(), type, "test", "subject", SystemClock().now(), "", body});
        for (const auto outcome : platform::testing::run(io, publisher.publish(messages, 5s)))
            ASSERT_EQ(outcome, PublishOutcome::confirmed);
    }
    std::unique_ptr<Consumer> consumer(BrokerConfig broker, ConsumerConfig config = {}) {
        Subscription<Thing> things("things",
                                   [this](auto batch) { return recorder.handle(std::move(batch)); });
        things.on<Thing>();
        auto made = std::make_unique<Consumer>(
            io, broker, config,
            things.handlers([this](Uuid id) { return begin(id); }, [this](Uuid id) { return forgive(id); }),
            metrics);
        made->start();
        return made;
    }
    awaitable<int> begin(Uuid id) { co_return ++attempts[id]; }
    awaitable<void> forgive(Uuid id) {
        --attempts[id];
        co_return;
    }
    template <class Condition>
    void until(Condition holds, std::chrono::milliseconds limit = 15s) {
        platform::testing::run_until(io, holds, limit);
    }
    void stop(Consumer& stopped) { platform::testing::run(io, stopped.stop()); }
    std::uint32_t left(const std::string& queue) {
        return Connection(host.config(), "count").message_count(queue);
    }
    double metric(const std::string& name) {
        return metrics.counter(name, "", {{"queue", "things"}}).value();
    }

    VirtualHost host;
    boost::asio::io_context io;
    telemetry::Metrics metrics;
    RandomIds ids;
    Recorder recorder{io};
    std::map<Uuid, int> attempts;
    Publisher publisher{io, host.config(), {{"things", {"Thing", "Strange"}}}, {}, metrics};
};

TEST_F(ConsumerTest, a_backlog_is_handled_in_batches_and_acknowledged) {
    publish(0, 500);
    const auto consuming = consumer(host.config(), {.batch_max = 100, .prefetch = 200});
    until([&] { return recorder.handled.size() == 500; });
    stop(*consuming);
    EXPECT_EQ(left("things"), 0u);
    EXPECT_LT(recorder.calls.size(), 50u);
    for (const auto& call : recorder.calls) EXPECT_LE(call.size(), 100u);
    for (const auto& [number, times] : recorder.handled) EXPECT_EQ(times, 1) << number;
    EXPECT_EQ(metrics.counter("messages_handled_total", "", {{"queue", "things"}, {"type", "Thing"}}).value(),
              500);
    EXPECT_EQ(metric("messages_redelivered_total"), 0);
}

TEST_F(ConsumerTest, what_cannot_be_understood_is_rejected_singly_and_the_rest_goes_on) {
    publish("Strange", {"{}"});
    publish("Thing", {"{\"number\":1}", "no json", R"({"number":"text"})", R"({"number":2,"newer":true})"});
    const auto consuming = consumer(host.config());
    until([&] { return recorder.handled.size() == 2 && left("things.dead") == 3; });
    stop(*consuming);
    EXPECT_EQ(left("things"), 0u);
    EXPECT_EQ(metrics.counter("messages_rejected_total", "", {{"queue", "things"}, {"reason", "malformed"}})
                  .value(),
              2);
    EXPECT_EQ(
        metrics.counter("messages_rejected_total", "", {{"queue", "things"}, {"reason", "unknown_type"}})
            .value(),
        1);
}

TEST_F(ConsumerTest, poison_in_a_batch_goes_to_the_dead_letters_alone) {
    recorder.poison = {3, 8};
    publish(0, 10);
    const auto consuming = consumer(host.config());
    until([&] { return recorder.handled.size() == 8 && left("things.dead") == 2; });
    stop(*consuming);
    EXPECT_EQ(left("things"), 0u);
    std::set<std::string> bodies;
    for (const auto& content : host.drain("things.dead")) bodies.insert(content.body);
    EXPECT_THAT(bodies, ElementsAre(R"({"number":3})", R"({"number":8})"));
}

TEST_F(ConsumerTest, nothing_is_acknowledged_before_the_handler_returned) {
    recorder.hold = true;
    publish(0, 3);
    auto consuming = consumer(host.config());
    until([&] { return !recorder.calls.empty(); });
    consuming.reset();  // As a crash: the handler never ends, the connection does.
    until([&] { return left("things") == 3; });
}

TEST_F(ConsumerTest, a_lost_connection_waits_for_the_handler_and_then_takes_the_copies_one_by_one) {
    platform::testing::TcpGate gate(host.broker().host, host.broker().port);
    recorder.hold = true;
    publish(0, 3);
    const auto consuming = consumer(host.config(gate.port()));
    until([&] { return !recorder.calls.empty(); });
    const std::size_t first = recorder.calls[0].size();
    gate.cut();
    until([&] { return !consuming->connected(); });
    EXPECT_THAT(recorder.calls, SizeIs(1));
    recorder.release();
    until([&] { return recorder.handled[0] == 2 && recorder.handled[1] >= 1 && recorder.handled[2] >= 1; });
    until([&] { return left("things") == 0; });
    EXPECT_GE(metric("messages_redelivered_total"), static_cast<double>(first));
    EXPECT_EQ(recorder.calls[1].size(), 1u);
    EXPECT_FALSE(attempts.empty());
}

TEST_F(ConsumerTest, a_message_that_never_ends_its_attempts_is_rejected_and_its_neighbour_is_not) {
    publish(0, 1);
    recorder.hold = true;
    for (std::size_t crash = 1; crash <= 4; ++crash) {  // Once in a batch, then three counted attempts.
        auto consuming = consumer(host.config());
        until([&] { return recorder.calls.size() == crash; });
        consuming.reset();
        until([&] { return left("things") == 1; });
    }
    EXPECT_EQ(attempts.begin()->second, 3);
    recorder.hold = false;
    publish(1, 1);
    const auto consuming = consumer(host.config());
    until([&] { return recorder.handled[1] == 1 && left("things.dead") == 1; });
    EXPECT_EQ(recorder.handled[0], 0);
}

TEST_F(ConsumerTest, a_retry_in_place_outlives_heartbeats_on_one_connection) {
    BrokerConfig broker = host.config();
    broker.heartbeat = 1s;
    const auto began = std::chrono::steady_clock::now();
    recorder.away = [=] { return std::chrono::steady_clock::now() < began + 4s; };
    publish(0, 5);
    const auto consuming = consumer(broker);
    until([&] { return recorder.handled.size() == 5; });
    EXPECT_TRUE(consuming->connected());
    EXPECT_GT(metric("message_retries_total"), 3);
    EXPECT_EQ(metric("messages_redelivered_total"), 0);
    stop(*consuming);
    EXPECT_EQ(left("things"), 0u);
}

TEST_F(ConsumerTest, a_slow_handler_keeps_the_heartbeats_going) {
    BrokerConfig broker = host.config();
    broker.heartbeat = 1s;
    recorder.hold = true;
    publish(0, 1);
    const auto consuming = consumer(broker);
    const auto began = std::chrono::steady_clock::now();
    until([&] { return std::chrono::steady_clock::now() > began + 4s; });
    recorder.release();
    until([&] { return recorder.handled.size() == 1; });
    stop(*consuming);
    EXPECT_EQ(left("things"), 0u);
    EXPECT_EQ(metric("messages_redelivered_total"), 0);
}

TEST_F(ConsumerTest, losing_the_connection_ends_a_retry_and_the_batch_comes_again) {
    platform::testing::TcpGate gate(host.broker().host, host.broker().port);
    bool away = true;
    recorder.away = [&] { return away; };
    publish(0, 3);
    const auto consuming = consumer(host.config(gate.port()));
    until([&] { return metric("message_retries_total") > 1; });
    gate.cut();
    until([&] { return metric("messages_redelivered_total") > 0; });
    away = false;
    until([&] { return recorder.handled.size() == 3; });
    until([&] { return left("things") == 0 && consuming->connected(); });
}

TEST_F(ConsumerTest, a_handler_past_its_deadline_is_cancelled_and_its_messages_come_again) {
    recorder.hold = true;
    publish(0, 2);
    const auto consuming = consumer(host.config(), {.handle = 500ms});
    until([&] { return recorder.cancelled > 0; });
    recorder.hold = false;
    until([&] { return recorder.handled.size() == 2; });
    EXPECT_GE(metric("message_batches_overdue_total"), 1);
    stop(*consuming);
    EXPECT_EQ(left("things"), 0u);
    EXPECT_EQ(left("things.dead"), 0u);
}

TEST_F(ConsumerTest, stopping_handles_what_was_fetched_and_leaves_the_rest_to_others) {
    publish(0, 1000);
    recorder.hold = true;
    const auto consuming = consumer(host.config(), {.batch_max = 10, .prefetch = 50});
    until([&] { return !recorder.calls.empty(); });
    bool stopped = false;
    boost::asio::co_spawn(io, consuming->stop(), [&](std::exception_ptr) { stopped = true; });
    until([&] { return true; });
    recorder.release();
    until([&] { return stopped; });
    EXPECT_FALSE(consuming->connected());
    EXPECT_GT(recorder.handled.size(), 0u);
    until([&] { return left("things") == 1000 - recorder.handled.size(); });
    stop(*consuming);
    recorder.calls.clear();
    const auto other = consumer(host.config());
    until([&] { return recorder.handled.size() == 1000; });
    stop(*other);
    for (const auto& [number, times] : recorder.handled) EXPECT_EQ(times, 1) << number;
}

TEST_F(ConsumerTest, stopping_does_not_wait_for_what_stays_unavailable) {
    recorder.away = [] { return true; };
    publish(0, 3);
    const auto consuming = consumer(host.config(), {.drain = 200ms});
    until([&] { return metric("message_retries_total") > 0; });
    stop(*consuming);
    until([&] { return left("things") == 3; });
}

TEST_F(ConsumerTest, a_consumer_that_was_never_started_stops_at_once) {
    Subscription<Thing> things("things", [this](auto batch) { return recorder.handle(std::move(batch)); });
    Consumer idle(
        io, host.config(), {},
        things.handlers([this](Uuid id) { return begin(id); }, [this](Uuid id) { return forgive(id); }),
        metrics);
    stop(idle);
}

TEST_F(ConsumerTest, the_broker_closing_the_connection_is_survived) {
    const auto consuming = consumer(host.config());
    publish(0, 10);
    until([&] { return recorder.handled.size() == 10; });
    host.close_connections();
    until([&] { return publisher.connected() && consuming->connected(); });
    const auto more = [&] {
        publish(10, 10);
        until([&] { return recorder.handled.size() == 20; });
    };
    ASSERT_NO_FATAL_FAILURE(more());
}

TEST_F(ConsumerTest, a_deleted_queue_is_made_again) {
    const auto consuming = consumer(host.config());
    until([&] { return consuming->connected(); });
    host.manage("DELETE", "queues/" + host.name() + "/things");
    until([&] {
        publish(0, 1);
        return recorder.handled.size() == 1;
    });
}

using ConsumerDeathTest = ConsumerTest;

TEST_F(ConsumerDeathTest, a_handler_that_cannot_even_be_cancelled_ends_the_process) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(
        {
            publish(0, 1);
            recorder.away = [] {
                for (volatile bool forever = true; forever;) {
                }
                return true;
            };
            const auto consuming = consumer(host.config(), {.handle = 100ms});
            until([] { return false; });
        },
        ::testing::KilledBySignal(SIGABRT), "");
}

}  // namespace
}  // namespace platform::messaging
