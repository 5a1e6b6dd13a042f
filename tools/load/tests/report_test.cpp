#include "tools/load/report.hpp"

#include <gmock/gmock.h>

namespace shop::load {
namespace {

using testing::HasSubstr;

Round round_of(std::string via, double confirmed_per_s) {
    Round round{.via = std::move(via),
                .orders = 10,
                .accepted = 10,
                .confirmed_per_s = confirmed_per_s,
                .confirmed = 10};
    add_use(round, {{"postgres", {0.5, 1024 * 1024}}, {"gateway", {confirmed_per_s / 1000, 0}}});
    return round;
}

TEST(Report, tells_the_cpu_of_an_order_part_by_part_greatest_first) {
    const auto round = round_of("direct", 100);
    ASSERT_EQ(round.parts.size(), 2u);
    EXPECT_EQ(round.parts[0].part, "postgres");
    EXPECT_DOUBLE_EQ(round.parts[0].cpu_us_per_order, 50'000);
    EXPECT_DOUBLE_EQ(round.parts[0].memory_mib, 1);
    EXPECT_DOUBLE_EQ(round.cpu_us_per_order, 60'000);
}

TEST(Report, says_nothing_per_order_without_orders) {
    Round round;
    add_use(round, {{"postgres", {0.5, 0}}});
    EXPECT_EQ(round.cpu_us_per_order, 0);
    EXPECT_EQ(round.parts.at(0).cpu_seconds, 0.5);
}

TEST(Report, takes_the_median_of_each_way) {
    const auto medians = medians_of(
        {round_of("direct", 100), round_of("gateway", 50), round_of("direct", 300), round_of("direct", 120)});
    ASSERT_EQ(medians.size(), 2u);
    EXPECT_EQ(medians[0].via, "direct");
    EXPECT_EQ(medians[0].confirmed_per_s, 120);
    EXPECT_DOUBLE_EQ(medians[0].parts.at(1).cpu_seconds, 0.12);
    EXPECT_EQ(medians[1].via, "gateway");
    EXPECT_EQ(medians[1].confirmed_per_s, 50);
}

TEST(Report, is_a_table_to_read) {
    Report report{.orders = 10, .clients = 4, .rounds = {round_of("direct", 100), round_of("direct", 300)}};
    report.rounds[1].errors = {{503, 7}};
    report.rounds[1].cancelled_because = {{"timed_out", 2}};
    report.medians = medians_of(report.rounds);
    const auto table = table_of(report);
    EXPECT_THAT(table, HasSubstr("via direct                     round 1     round 2      median\n"));
    EXPECT_THAT(table, HasSubstr("  CONFIRMED/s                      100         300         200\n"));
    EXPECT_THAT(table, HasSubstr("  round 2: 7 answered 503\n"));
    EXPECT_THAT(table, HasSubstr("  round 2: 2 cancelled because timed_out\n"));
    EXPECT_THAT(table, HasSubstr("  postgres                         0.5     50000.0"));
}

TEST(Report, is_complete_when_every_order_was_found_and_is_final) {
    Report report{.rounds = {round_of("direct", 100)}};
    EXPECT_TRUE(complete(report));
    report.rounds[0].missing = 1;
    EXPECT_FALSE(complete(report));
    report.rounds[0].missing = 0;
    report.rounds[0].unfinished = 1;
    EXPECT_FALSE(complete(report));
}

}  // namespace
}  // namespace shop::load
