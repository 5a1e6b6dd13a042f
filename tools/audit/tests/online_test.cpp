#include "tools/audit/online.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <thread>

#include "tools/audit/tests/small_world.hpp"
#include "tools/audit/tests/whole_world.hpp"

namespace shop::audit {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr int orders = 30;

/// A world that is old enough for the rounds, which leave alone what is younger than a second.
class RoundsTest : public testing::Test {
  protected:
    RoundsTest() { fresh().fill(); }

    static WholeWorld& fresh() {
        static WholeWorld whole(orders);
        return whole;
    }

    Sources sources() const {
        return {.databases = whole_.world.urls(),
                .broker_management = whole_.broker_url(),
                .provider_log = whole_.world.log(),
                .redis = whole_.redis_url()};
    }
    static RoundLimits limits() { return {.grace = 1s, .slice_orders = 7, .round = 10s, .sums_share = 1}; }

    /// Until all orders were looked at so many times more.
    static void pass(Rounds& rounds, int times = 1) {
        const auto wanted = rounds.full_passes() + times;
        for (int left = 200; rounds.full_passes() < wanted; --left) {
            ASSERT_GT(left, 0) << "the pass does not end";
            rounds.make([] { return false; });
        }
    }

    static std::string failures(const Rounds& rounds) {
        std::string text;
        for (const auto& [source, why] : rounds.sources()) text += why;
        return text;
    }

    WholeWorld& whole_ = fresh();
};

TEST_F(RoundsTest, look_at_all_orders_and_find_nothing_wrong) {
    // Everything was written just now by one clock, so that only its age is waited for.
    Rounds rounds(sources(), limits());
    const auto until = std::chrono::steady_clock::now() + 30s;
    while (rounds.full_passes() == 0 || rounds.extent().orders < orders) {
        ASSERT_LT(std::chrono::steady_clock::now(), until);
        rounds.make([] { return false; });
    }
    EXPECT_EQ(failed(rounds.checks()), "");
    EXPECT_EQ(failures(rounds), "");
    EXPECT_EQ(rounds.behind(), 0ms);
}

}  // namespace
}  // namespace shop::audit
