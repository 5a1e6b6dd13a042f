#include "platform/messaging/delivery.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <set>

#include "platform/testing/run.hpp"

namespace platform::messaging {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using enum Verdict;

Uuid id_of(int number) {
    Uuid id;
    id.bytes[15] = static_cast<std::uint8_t>(number);
    return id;
}

/// Events are numbers. The script says what each number does to the handler that is given it.
class Stage : public DeliveryPorts {
  public:
    awaitable<int> begin_attempt(Uuid id) override {
        if (books_down-- > 0) throw Unavailable("the books are closed");
        co_return already_handled.contains(id) ? 0 : ++attempts[id];
    }
    awaitable<void> forgive_attempt(Uuid id) override {
        --attempts[id];
        co_return;
    }
    awaitable<bool> pause(std::chrono::milliseconds delay) override {
        pauses.push_back(delay.count());
        co_return static_cast<int>(pauses.size()) <= pauses_allowed;
    }
    void rejected(Uuid id, std::string_view reason, std::string_view) override {
        rejections.emplace_back(id.bytes[15], reason);
    }
    void split(std::size_t messages, std::string_view) override { splits.push_back(messages); }
    void call_began() override { ++calls_open; }
    void call_ended() override { --calls_open; }

    awaitable<void> handle(std::vector<Message<int>> batch) {
        EXPECT_EQ(calls_open, 1) << "a handler runs watched";
        std::vector<int> numbers;
        for (const auto& message : batch) numbers.push_back(message.event);
        calls.push_back(numbers);
        for (const int number : numbers) {
            if (poison.contains(number)) throw std::runtime_error("poison");
            if (unavailable[number]-- > 0) throw Unavailable("away");
            if (crash.contains(number)) throw Crash{};
        }
        co_return;
    }

    /// What a simulator throws for the death of the process.
    struct Crash {};

    std::set<int> poison;
    std::set<int> crash;
    std::map<int, int> unavailable;
    std::set<Uuid> already_handled;
    int books_down = 0;
    int pauses_allowed = 100;

    std::map<Uuid, int> attempts;
    std::vector<std::vector<int>> calls;
    std::vector<std::chrono::milliseconds::rep> pauses;
    std::vector<std::pair<int, std::string>> rejections;
    std::vector<std::size_t> splits;
    int calls_open = 0;
};

struct DeliveryTest : ::testing::Test {
    std::vector<Verdict> deliver_now(std::vector<int> numbers, std::set<int> redelivered = {}) {
        stage->calls_open = 0;
        std::vector<Delivery<int>> batch;
        for (const int number : numbers)
            batch.push_back({{id_of(number), number, ""}, redelivered.contains(number)});
        return platform::testing::run(io, deliver<int>(std::move(batch), handler(), stage, {}));
    }
    Handler<int> handler() {
        return [on = stage](std::vector<Message<int>> batch) { return on->handle(std::move(batch)); };
    }

    boost::asio::io_context io;
    std::shared_ptr<Stage> stage = std::make_shared<Stage>();
};

TEST_F(DeliveryTest, a_batch_is_handled_together_and_done) {
    EXPECT_THAT(deliver_now({1, 2, 3}), ElementsAre(done, done, done));
    EXPECT_THAT(stage->calls, ElementsAre(ElementsAre(1, 2, 3)));
    EXPECT_THAT(stage->pauses, IsEmpty());
}

TEST_F(DeliveryTest, an_empty_batch_calls_nobody) {
    EXPECT_THAT(deliver_now({}), IsEmpty());
    EXPECT_THAT(stage->calls, IsEmpty());
}

TEST_F(DeliveryTest, poison_is_found_by_splitting_and_the_rest_is_done) {
    stage->poison = {2};
    EXPECT_THAT(deliver_now({1, 2, 3}), ElementsAre(done, rejected, done));
    EXPECT_THAT(stage->calls,
                ElementsAre(ElementsAre(1, 2, 3), ElementsAre(1), ElementsAre(2), ElementsAre(3)));
    EXPECT_THAT(stage->rejections, ElementsAre(std::pair{2, std::string("failed")}));
    EXPECT_THAT(stage->splits, ElementsAre(3));
}

TEST_F(DeliveryTest, every_combination_of_poison_rejects_exactly_the_poison) {
    for (unsigned mask = 0; mask < 16; ++mask) {
        stage->poison.clear();
        for (int number = 0; number < 4; ++number)
            if (mask & (1u << number)) stage->poison.insert(number);
        const auto verdicts = deliver_now({0, 1, 2, 3});
        for (int number = 0; number < 4; ++number)
            EXPECT_EQ(verdicts[static_cast<std::size_t>(number)],
                      stage->poison.contains(number) ? rejected : done);
    }
}

TEST_F(DeliveryTest, a_lone_message_that_fails_is_rejected_at_once) {
    stage->poison = {1};
    EXPECT_THAT(deliver_now({1}), ElementsAre(rejected));
    EXPECT_THAT(stage->calls, ElementsAre(ElementsAre(1)));
}

TEST_F(DeliveryTest, unavailability_repeats_the_whole_batch_with_growing_pauses) {
    stage->unavailable[2] = 8;
    EXPECT_THAT(deliver_now({1, 2}), ElementsAre(done, done));
    EXPECT_THAT(stage->pauses, ElementsAre(100, 200, 400, 800, 1600, 3200, 5000, 5000));
    EXPECT_THAT(stage->calls, ::testing::Each(ElementsAre(1, 2)));
    EXPECT_THAT(stage->splits, IsEmpty());
}

TEST_F(DeliveryTest, unavailability_while_split_repeats_only_that_message) {
    stage->poison = {1};
    stage->unavailable[2] = 1;
    EXPECT_THAT(deliver_now({1, 2, 3}), ElementsAre(rejected, done, done));
    EXPECT_THAT(stage->calls, ElementsAre(ElementsAre(1, 2, 3), ElementsAre(1), ElementsAre(2),
                                          ElementsAre(2), ElementsAre(3)));
}

TEST_F(DeliveryTest, giving_up_leaves_the_batch_unfinished) {
    stage->unavailable[1] = 5;
    stage->pauses_allowed = 2;
    EXPECT_THAT(deliver_now({1, 2}), ElementsAre(unfinished, unfinished));
    EXPECT_THAT(stage->pauses, ::testing::SizeIs(3));
}

TEST_F(DeliveryTest, giving_up_while_split_keeps_what_was_decided) {
    stage->poison = {2};
    stage->unavailable[3] = 5;
    stage->pauses_allowed = 0;
    EXPECT_THAT(deliver_now({1, 2, 3, 4}), ElementsAre(done, rejected, unfinished, unfinished));
}

TEST_F(DeliveryTest, redelivered_messages_go_alone_counted_and_first) {
    EXPECT_THAT(deliver_now({1, 2, 3, 4}, {2, 4}), ElementsAre(done, done, done, done));
    EXPECT_THAT(stage->calls, ElementsAre(ElementsAre(2), ElementsAre(4), ElementsAre(1, 3)));
    EXPECT_EQ(stage->attempts[id_of(2)], 1);
    EXPECT_EQ(stage->attempts.size(), 2u);
}

TEST_F(DeliveryTest, a_redelivered_message_that_fails_is_rejected) {
    stage->poison = {1};
    EXPECT_THAT(deliver_now({1, 2}, {1}), ElementsAre(rejected, done));
}

TEST_F(DeliveryTest, after_three_attempts_that_never_ended_a_message_is_rejected_unheard) {
    stage->crash = {1};
    for (int attempt = 1; attempt <= 3; ++attempt) {
        EXPECT_THROW(deliver_now({1, 2}, {1, 2}), Stage::Crash);
        EXPECT_EQ(stage->attempts[id_of(1)], attempt);
    }
    EXPECT_THAT(deliver_now({1, 2}, {1, 2}), ElementsAre(rejected, done));
    EXPECT_THAT(stage->rejections, ElementsAre(std::pair{1, std::string("attempts")}));
}

TEST_F(DeliveryTest, a_message_that_was_handled_before_is_never_taken_for_poison) {
    stage->already_handled = {id_of(1)};
    for (int round = 0; round < 6; ++round) EXPECT_THAT(deliver_now({1}, {1}), ElementsAre(done));
}

TEST_F(DeliveryTest, an_attempt_that_is_given_up_in_order_does_not_count) {
    stage->pauses_allowed = 0;
    for (int round = 0; round < 6; ++round) {
        stage->unavailable[1] = 1;
        EXPECT_THAT(deliver_now({1, 2, 3}, {1, 2}), ElementsAre(unfinished, unfinished, unfinished));
    }
    EXPECT_EQ(stage->attempts[id_of(1)], 0);
    EXPECT_THAT(deliver_now({1}, {1}), ElementsAre(done));
}

TEST_F(DeliveryTest, books_that_are_closed_are_waited_for) {
    stage->books_down = 2;
    EXPECT_THAT(deliver_now({1}, {1}), ElementsAre(done));
    EXPECT_THAT(stage->pauses, ElementsAre(100, 200));
}

/// Not scripted by Stage because it must really wait.
awaitable<void> wait_for_ever(std::vector<Message<int>>) {
    boost::asio::steady_timer never(co_await boost::asio::this_coro::executor,
                                    boost::asio::steady_timer::time_point::max());
    co_await never.async_wait(boost::asio::use_awaitable);
}

TEST_F(DeliveryTest, a_cancelled_handler_condemns_nobody) {
    std::vector<Delivery<int>> batch;
    for (const int number : {1, 2}) batch.push_back({{id_of(number), number, ""}, false});
    boost::asio::cancellation_signal cancel;
    std::exception_ptr ended;
    bool finished = false;
    boost::asio::co_spawn(io, deliver<int>(std::move(batch), wait_for_ever, stage, {}),
                          boost::asio::bind_cancellation_slot(
                              cancel.slot(), [&](std::exception_ptr failure, std::vector<Verdict>) {
                                  ended = failure;
                                  finished = true;
                              }));
    io.poll();
    ASSERT_FALSE(finished);
    EXPECT_EQ(stage->calls_open, 1);
    cancel.emit(boost::asio::cancellation_type::terminal);
    io.restart();
    io.run();
    ASSERT_TRUE(finished);
    EXPECT_THROW(std::rethrow_exception(ended), boost::system::system_error);
    EXPECT_THAT(stage->rejections, IsEmpty());
    EXPECT_THAT(stage->splits, IsEmpty());
    EXPECT_EQ(stage->calls_open, 0);
}

TEST_F(DeliveryTest, an_attempt_that_was_cancelled_does_not_count) {
    for (int round = 0; round < 6; ++round) {
        std::vector<Delivery<int>> batch;
        batch.push_back({{id_of(1), 1, ""}, true});
        boost::asio::cancellation_signal cancel;
        std::exception_ptr ended;
        boost::asio::co_spawn(
            io, deliver<int>(std::move(batch), wait_for_ever, stage, {}),
            boost::asio::bind_cancellation_slot(
                cancel.slot(), [&](std::exception_ptr failure, std::vector<Verdict>) { ended = failure; }));
        io.restart();
        io.poll();
        EXPECT_EQ(stage->attempts[id_of(1)], 1);
        cancel.emit(boost::asio::cancellation_type::terminal);
        io.restart();
        io.run();
        ASSERT_TRUE(ended) << "nothing may be acknowledged";
        EXPECT_EQ(stage->attempts[id_of(1)], 0);
    }
    EXPECT_EQ(stage->calls_open, 0);
    EXPECT_THAT(stage->rejections, IsEmpty());
    EXPECT_THAT(deliver_now({1}, {1}), ElementsAre(done));
}

TEST(Settlement, one_acknowledgement_covers_a_batch_that_is_done) {
    EXPECT_EQ(settle(std::vector<std::uint64_t>{4, 5, 9}, std::vector{done, done, done}),
              (Settlement{{}, {}, 9}));
}

TEST(Settlement, never_names_a_rejected_tag_in_the_acknowledgement) {
    EXPECT_EQ(settle(std::vector<std::uint64_t>{1, 2, 3}, std::vector{done, rejected, rejected}),
              (Settlement{{2, 3}, {}, 1}));
    EXPECT_EQ(settle(std::vector<std::uint64_t>{1, 2}, std::vector{rejected, rejected}),
              (Settlement{{1, 2}, {}, std::nullopt}));
}

/// The broker's side: what is settled after the reject list and the acknowledgements.
TEST(Settlement, every_combination_settles_exactly_what_is_finished) {
    const std::vector<std::uint64_t> tags{3, 4, 6, 7, 8};
    for (int code = 0; code < 243; ++code) {
        std::vector<Verdict> verdicts;
        for (int rest = code, i = 0; i < 5; ++i, rest /= 3)
            verdicts.push_back(static_cast<Verdict>(rest % 3));
        const Settlement settlement = settle(tags, verdicts);
        std::set<std::uint64_t> open(tags.begin(), tags.end());
        std::set<std::uint64_t> dead, acknowledged;
        for (const auto tag : settlement.reject) {
            EXPECT_EQ(open.erase(tag), 1u);
            dead.insert(tag);
        }
        if (settlement.acknowledge_up_to) {
            ASSERT_TRUE(open.contains(*settlement.acknowledge_up_to));
            while (!open.empty() && *open.begin() <= *settlement.acknowledge_up_to)
                acknowledged.insert(open.extract(open.begin()));
        }
        for (const auto tag : settlement.acknowledge) {
            EXPECT_EQ(open.erase(tag), 1u);
            acknowledged.insert(tag);
        }
        for (std::size_t i = 0; i < tags.size(); ++i) {
            EXPECT_EQ(acknowledged.contains(tags[i]), verdicts[i] == done);
            EXPECT_EQ(dead.contains(tags[i]), verdicts[i] == rejected);
            EXPECT_EQ(open.contains(tags[i]), verdicts[i] == unfinished);
        }
    }
}

}  // namespace
}  // namespace platform::messaging
