#include "platform/cache/breaker.hpp"

#include <gtest/gtest.h>

namespace platform::cache {
namespace {

using namespace std::chrono_literals;

const Breaker::Time start{};

TEST(Breaker, admits_everybody_until_failures_follow_each_other) {
    Breaker breaker{3, 1s};
    EXPECT_FALSE(breaker.failed(start));
    EXPECT_FALSE(breaker.failed(start));
    EXPECT_FALSE(breaker.succeeded());
    EXPECT_FALSE(breaker.failed(start));
    EXPECT_FALSE(breaker.failed(start));
    EXPECT_TRUE(breaker.admits(start));
    EXPECT_TRUE(breaker.failed(start)) << "the third in a row";
    EXPECT_FALSE(breaker.admits(start));
    EXPECT_FALSE(breaker.admits(start + 999ms));
}

TEST(Breaker, admits_one_after_the_pause_and_everybody_after_its_success) {
    Breaker breaker{1, 1s};
    EXPECT_TRUE(breaker.failed(start));
    EXPECT_TRUE(breaker.admits(start + 1s));
    EXPECT_FALSE(breaker.admits(start + 1s)) << "its result is not there yet";
    EXPECT_TRUE(breaker.succeeded());
    EXPECT_TRUE(breaker.admits(start + 1s));
    EXPECT_TRUE(breaker.admits(start + 1s));
}

TEST(Breaker, pauses_again_when_the_one_fails_or_never_reports) {
    Breaker breaker{1, 1s};
    breaker.failed(start);
    EXPECT_TRUE(breaker.admits(start + 1s));
    EXPECT_FALSE(breaker.failed(start + 1s)) << "it was shut already";
    EXPECT_FALSE(breaker.admits(start + 1999ms));
    EXPECT_TRUE(breaker.admits(start + 2s));
    EXPECT_TRUE(breaker.admits(start + 3s));
}

}  // namespace
}  // namespace platform::cache
