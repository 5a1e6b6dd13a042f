#include "platform/cache/redis_url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace platform::cache {
namespace {

TEST(RedisUrl, has_sensible_defaults) {
    const auto url = RedisUrl::parse("redis://cache");
    EXPECT_EQ(url.host, "cache");
    EXPECT_EQ(url.port, 6379);
    EXPECT_EQ(url.user, "");
    EXPECT_EQ(url.password, "");
    EXPECT_EQ(url.database, 0);
}

TEST(RedisUrl, is_taken_apart_and_decoded) {
    const auto url = RedisUrl::parse("redis://ada:s%40fe@127.0.0.1:6380/3");
    EXPECT_EQ(url.user, "ada");
    EXPECT_EQ(url.password, "s@fe");
    EXPECT_EQ(url.host, "127.0.0.1");
    EXPECT_EQ(url.port, 6380);
    EXPECT_EQ(url.database, 3);
    EXPECT_EQ(RedisUrl::parse("redis://:secret@[::1]:1").host, "::1");
}

TEST(RedisUrl, of_another_kind_is_refused_without_repeating_the_password) {
    for (const char* bad :
         {"http://:secret@cache", "rediss://:secret@cache", "redis://", "redis://:secret@cache:0",
          "redis://:secret@cache/x", "redis://:secret@cache/-1", ":secret", ""}) {
        try {
            RedisUrl::parse(bad);
            ADD_FAILURE() << bad;
        } catch (const std::invalid_argument& refused) {
            EXPECT_THAT(refused.what(), testing::Not(testing::HasSubstr("secret")));
        }
    }
}

}  // namespace
}  // namespace platform::cache
