#include "platform/base/time.hpp"

#include <gtest/gtest.h>

namespace platform {
namespace {

TEST(Time, writes_utc_with_microseconds) {
    EXPECT_EQ(rfc3339(Time{std::chrono::microseconds{1'000'001}}), "1970-01-01T00:00:01.000001Z");
    EXPECT_EQ(rfc3339(Time{std::chrono::microseconds{-1}}), "1969-12-31T23:59:59.999999Z");
}

TEST(Time, reads_what_it_writes_and_other_offsets) {
    const Time time{std::chrono::microseconds{1'763'834'400'123'456}};
    EXPECT_EQ(parse_rfc3339(rfc3339(time)), time);
    EXPECT_EQ(parse_rfc3339("1970-01-01T01:00:00+01:00"), Time{});
    EXPECT_EQ(parse_rfc3339("1969-12-31T23:00:00.5-01:00"), Time{std::chrono::microseconds{500'000}});
}

TEST(Time, refuses_what_is_not_a_moment) {
    for (const auto* bad :
         {"", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00", "2026-01-01",
          "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.1234567890Z", "2026-01-01T00:00:00Zx"})
        EXPECT_FALSE(parse_rfc3339(bad)) << bad;
}

}  // namespace
}  // namespace platform
