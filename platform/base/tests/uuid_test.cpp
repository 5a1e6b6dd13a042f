#include "platform/base/uuid.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <set>

#include "platform/base/ids.hpp"

namespace platform {
namespace {

TEST(Uuid, has_one_spelling_and_reads_it_back) {
    const std::string text = "0192f3a4-5b6c-7d8e-9f00-112233445566";
    const auto id = Uuid::parse(text);
    ASSERT_TRUE(id);
    EXPECT_EQ(id->text(), text);
    EXPECT_EQ(Uuid::parse("0192F3A4-5B6C-7D8E-9F00-112233445566"), id);
}

TEST(Uuid, refuses_every_other_spelling) {
    for (const auto* bad : {"", "0192f3a45b6c7d8e9f00112233445566", "{0192f3a4-5b6c-7d8e-9f00-112233445566}",
                            "0192f3a4-5b6c-7d8e-9f00-11223344556", "0192f3a4-5b6c-7d8e-9f00-1122334455667",
                            "0192f3a4-5b6c-7d8e-9f00-11223344556g", "0192f3a4+5b6c-7d8e-9f00-112233445566"})
        EXPECT_FALSE(Uuid::parse(bad)) << bad;
}

TEST(RandomIds, ascend_and_never_repeat_within_a_millisecond) {
    RandomIds ids;
    std::set<Uuid> seen;
    Uuid last;
    for (int i = 0; i < 20'000; ++i) {
        const auto id = ids.next();
        EXPECT_LT(last, id);
        EXPECT_TRUE(seen.insert(id).second);
        last = id;
    }
}

TEST(RandomIds, carry_version_variant_and_the_time) {
    RandomIds ids;
    const auto before = std::chrono::system_clock::now().time_since_epoch() / std::chrono::milliseconds{1};
    const auto id = ids.next();
    EXPECT_EQ(id.bytes[6] >> 4, 7);
    EXPECT_EQ(id.bytes[8] >> 6, 2);
    EXPECT_GE(id.unix_milliseconds(), before);
    EXPECT_LE(id.unix_milliseconds(), before + 1000);
}

}  // namespace
}  // namespace platform
