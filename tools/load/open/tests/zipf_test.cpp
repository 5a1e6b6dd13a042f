#include "tools/load/open/zipf.hpp"

#include <gtest/gtest.h>

namespace shop::load {
namespace {

TEST(Zipf, shares_fall_with_the_rank_by_the_law_and_add_up) {
    const Zipf zipf(50, 1.1);
    double sum = 0;
    for (std::size_t rank = 0; rank < 50; ++rank) sum += zipf.share_of(rank);
    EXPECT_NEAR(sum, 1, 1e-9);
    EXPECT_NEAR(zipf.share_of(0) / zipf.share_of(1), 2.1435, 1e-3);  // 2^1.1
    EXPECT_NEAR(zipf.share_of(0) / zipf.share_of(9), 12.589, 1e-2);  // 10^1.1
}

TEST(Zipf, every_point_falls_on_the_rank_whose_share_covers_it) {
    const Zipf zipf(3, 1);  // 6/11, 3/11, 2/11
    EXPECT_EQ(zipf.rank_at(0), 0u);
    EXPECT_EQ(zipf.rank_at(0.54), 0u);
    EXPECT_EQ(zipf.rank_at(0.55), 1u);
    EXPECT_EQ(zipf.rank_at(0.81), 1u);
    EXPECT_EQ(zipf.rank_at(0.82), 2u);
    EXPECT_EQ(zipf.rank_at(1), 2u);
}

TEST(Zipf, without_an_exponent_all_ranks_are_alike) {
    const Zipf zipf(4, 0);
    for (std::size_t rank = 0; rank < 4; ++rank) EXPECT_NEAR(zipf.share_of(rank), 0.25, 1e-12);
}

}  // namespace
}  // namespace shop::load
