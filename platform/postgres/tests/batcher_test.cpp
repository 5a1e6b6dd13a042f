#include "platform/postgres/batcher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "platform/testing/run.hpp"

namespace platform::postgres {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

/// Flights that end when the test says so, and fail for negative items.
struct Airport {
    std::vector<std::vector<int>> flights;
    bool closed = false;
    bool gone = false;
    std::size_t gone_after = 1000;  // Flights.
    int under_way = 0;
    int under_way_most = 0;
};

awaitable<std::vector<std::string>> fly(Airport* airport, std::vector<int> items) {
    airport->flights.push_back(items);
    airport->under_way_most = std::max(airport->under_way_most, ++airport->under_way);
    while (airport->closed) co_await boost::asio::post(boost::asio::use_awaitable);
    --airport->under_way;
    if (airport->gone || airport->flights.size() > airport->gone_after) throw Unavailable("gone");
    std::vector<std::string> results;
    for (int item : items) {
        if (item < 0) throw std::invalid_argument("bad " + std::to_string(item));
        results.push_back("#" + std::to_string(item));
    }
    co_return results;
}

class BatcherTest : public ::testing::Test {
  protected:
    using Numbers = Batcher<int, std::string>;

    std::unique_ptr<Numbers> batcher(BatcherConfig config) {
        return std::make_unique<Numbers>(
            io, config, [this](std::vector<int> items) { return fly(&airport, std::move(items)); });
    }
    /// Notes the result or the failure of an item under its number.
    void submit(Numbers& numbers, int item) {
        ++submitted;
        boost::asio::co_spawn(io, numbers.submit(item),
                              [this, item](std::exception_ptr error, std::string result) {
                                  outcome[item] = result;
                                  if (!error) return;
                                  try {
                                      std::rethrow_exception(error);
                                  } catch (const std::exception& failure) {
                                      outcome[item] = failure.what();
                                  }
                              });
    }
    void settle() {
        testing::run_until(io, [&] { return outcome.size() == submitted; });
    }

    boost::asio::io_context io;
    Airport airport;
    std::map<int, std::string> outcome;
    std::size_t submitted = 0;
};

TEST_F(BatcherTest, a_lone_item_goes_at_once_and_gets_its_own_result) {
    auto numbers = batcher({});
    EXPECT_EQ(testing::run(io, numbers->submit(7)), "#7");
    EXPECT_THAT(airport.flights, ElementsAre(ElementsAre(7)));
}

TEST_F(BatcherTest, what_comes_in_one_turn_shares_a_flight) {
    auto numbers = batcher({});
    for (int i = 0; i < 3; ++i) submit(*numbers, i);
    settle();
    EXPECT_THAT(airport.flights, ElementsAre(ElementsAre(0, 1, 2)));
    EXPECT_EQ(outcome[2], "#2");
}

TEST_F(BatcherTest, what_comes_while_all_flights_are_out_goes_together_afterwards) {
    auto numbers = batcher({.batch_max = 4, .flights_max = 2});
    airport.closed = true;
    submit(*numbers, 0);
    testing::run_until(io, [&] { return airport.under_way == 1; });
    submit(*numbers, 1);
    testing::run_until(io, [&] { return airport.under_way == 2; });
    for (int i = 2; i < 8; ++i) submit(*numbers, i);
    airport.closed = false;
    settle();
    EXPECT_THAT(airport.flights,
                ElementsAre(ElementsAre(0), ElementsAre(1), ElementsAre(2, 3, 4, 5), ElementsAre(6, 7)));
    EXPECT_EQ(airport.under_way_most, 2);
}

TEST_F(BatcherTest, a_bad_item_fails_alone) {
    auto numbers = batcher({});
    for (int i : {1, -2, 3}) submit(*numbers, i);
    settle();
    EXPECT_EQ(outcome[1], "#1");
    EXPECT_EQ(outcome[-2], "bad -2");
    EXPECT_EQ(outcome[3], "#3");
    EXPECT_THAT(airport.flights,
                ElementsAre(ElementsAre(1, -2, 3), ElementsAre(1), ElementsAre(-2), ElementsAre(3)));
}

TEST_F(BatcherTest, a_transient_failure_is_everybody_s_and_is_not_retried) {
    auto numbers = batcher({});
    airport.gone = true;
    for (int i : {1, -2, 3}) submit(*numbers, i);
    settle();
    for (int i : {1, -2, 3}) EXPECT_EQ(outcome[i], "gone");
    EXPECT_EQ(airport.flights.size(), 1u);
    airport.gone = false;
    EXPECT_EQ(testing::run(io, numbers->submit(4)), "#4");
}

TEST_F(BatcherTest, a_transient_failure_among_the_single_ones_ends_the_rest) {
    auto numbers = batcher({});
    for (int i : {-1, 2, 3}) submit(*numbers, i);
    airport.gone_after = 2;
    settle();
    EXPECT_EQ(outcome[-1], "bad -1");
    EXPECT_EQ(outcome[2], "gone");
    EXPECT_EQ(outcome[3], "gone");
    EXPECT_EQ(airport.flights.size(), 3u) << "the batch, the first alone, the second alone";
}

TEST_F(BatcherTest, a_full_queue_refuses_at_once) {
    auto numbers = batcher({.flights_max = 1, .queue_max = 2});
    airport.closed = true;
    submit(*numbers, 0);
    testing::run_until(io, [&] { return airport.under_way == 1; });
    for (int i = 1; i <= 3; ++i) submit(*numbers, i);
    testing::run_until(io, [&] { return outcome.contains(3); });
    EXPECT_EQ(outcome[3], "batcher: queue full");
    airport.closed = false;
    settle();
    EXPECT_EQ(outcome[2], "#2");
}

TEST_F(BatcherTest, an_item_that_waited_too_long_is_not_flown_any_more) {
    auto numbers = batcher({.flights_max = 1, .wait_ms = 20ms});
    airport.closed = true;
    submit(*numbers, 0);
    testing::run_until(io, [&] { return airport.under_way == 1; });
    submit(*numbers, 1);
    testing::run_until(io, [&] { return outcome.contains(1); });
    EXPECT_EQ(outcome[1], "batcher: no result in time");
    airport.closed = false;
    testing::run_until(io, [&] { return airport.under_way == 0; });
    EXPECT_EQ(airport.flights.size(), 1u);
}

TEST_F(BatcherTest, stop_refuses_what_waits_and_what_comes) {
    auto numbers = batcher({.flights_max = 1});
    airport.closed = true;
    submit(*numbers, 0);
    testing::run_until(io, [&] { return airport.under_way == 1; });
    submit(*numbers, 1);
    numbers->stop();
    submit(*numbers, 2);
    airport.closed = false;
    settle();
    EXPECT_EQ(outcome[0], "#0") << "what is under way ends by itself";
    EXPECT_EQ(outcome[1], "batcher: stopped");
    EXPECT_EQ(outcome[2], "batcher: stopped");
}

TEST_F(BatcherTest, may_be_destroyed_with_flights_under_way) {
    auto own_io = std::make_unique<boost::asio::io_context>();
    Airport own{.closed = true};
    auto numbers = std::make_unique<Numbers>(
        *own_io, BatcherConfig{}, [&](std::vector<int> items) { return fly(&own, std::move(items)); });
    boost::asio::co_spawn(*own_io, numbers->submit(1), boost::asio::detached);
    testing::run_until(*own_io, [&] { return own.under_way == 1; });
    boost::asio::co_spawn(*own_io, numbers->submit(2), boost::asio::detached);
    numbers.reset();
    own_io.reset();
    EXPECT_EQ(own.flights.size(), 1u);
}

}  // namespace
}  // namespace platform::postgres
