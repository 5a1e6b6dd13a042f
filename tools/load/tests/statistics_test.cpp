#include "tools/load/statistics.hpp"

#include <gtest/gtest.h>

namespace shop::load {
namespace {

using namespace std::chrono_literals;

TEST(Median, is_the_middle_value) {
    EXPECT_EQ(median({3, 1, 2}), 2);
    EXPECT_EQ(median({7}), 7);
}

TEST(Median, of_an_even_number_lies_between_the_two_in_the_middle) { EXPECT_EQ(median({4, 1, 3, 100}), 3.5); }

TEST(Median, of_nothing_is_nothing) { EXPECT_EQ(median({}), 0); }

TEST(Durations, give_percentiles_that_were_measured) {
    Durations durations;
    for (int i = 100; i >= 1; --i) durations.add(i * 1ms);
    EXPECT_EQ(durations.count(), 100u);
    EXPECT_EQ(durations.percentile_ms(0.50), 50);
    EXPECT_EQ(durations.percentile_ms(0.99), 99);
    EXPECT_EQ(durations.max_ms(), 100);
    EXPECT_EQ(durations.percentile_ms(0), 1);
}

TEST(Durations, keep_microseconds) {
    Durations durations;
    durations.add(1'234'999ns);
    EXPECT_EQ(durations.percentile_ms(0.5), 1.234);
}

TEST(Durations, of_two_have_the_smaller_one_in_the_middle) {
    Durations durations;
    durations.add(2ms);
    durations.add(1ms);
    EXPECT_EQ(durations.percentile_ms(0.5), 1);
    EXPECT_EQ(durations.percentile_ms(0.51), 2);
}

TEST(Durations, are_nothing_without_any) { EXPECT_EQ(Durations().percentile_ms(0.99), 0); }

TEST(Durations, hold_what_is_too_long_or_negative_at_their_ends) {
    Durations durations;
    durations.add(-1s);
    EXPECT_EQ(durations.max_ms(), 0);
    durations.add(24h);
    EXPECT_EQ(durations.max_ms(), 4'294'967.295);
}

}  // namespace
}  // namespace shop::load
