#include <gtest/gtest.h>

#include <set>

#include "tools/audit/report.hpp"
#include "tools/audit/tests/small_world.hpp"
#include "tools/audit/tests/whole_world.hpp"

namespace shop::audit {
namespace {

/// One for all tests, because to make one takes seconds; put back in order for each.
WholeWorld& fresh_world() {
    static WholeWorld whole(6);
    whole.fill();
    return whole;
}

struct CorruptionsTest : testing::TestWithParam<Corruption> {};

TEST_P(CorruptionsTest, is_reported_by_its_checks_and_no_other) {
    auto& whole = fresh_world();
    GetParam().make(whole);
    const auto checks = whole.audited();
    EXPECT_EQ(failed(checks), GetParam().seen_by) << GetParam().why << "\n" << text_report(checks, {});
    for (const auto& check : checks)
        for (const auto& offender : check.offenders) EXPECT_FALSE(offender.rows.empty()) << check.id;
}

INSTANTIATE_TEST_SUITE_P(Real, CorruptionsTest, testing::ValuesIn(corruptions()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Corruptions, find_nothing_where_nothing_was_corrupted) {
    const auto checks = fresh_world().audited();
    EXPECT_EQ(failed(checks), "") << text_report(checks, {});
    for (const auto& check : checks) EXPECT_EQ(check.not_applicable, "") << check.id;
}

TEST(Corruptions, reach_every_check) {
    std::set<std::string> reached;
    for (const auto& corruption : corruptions()) {
        const std::string_view seen_by = corruption.seen_by;
        // Alone: that only this check sees it. A4 sees what others see too, but once it is alone as well.
        if (seen_by.find(' ') == std::string_view::npos)
            reached.emplace(seen_by);
        else
            EXPECT_NE(std::string_view(corruption.why), "") << corruption.name;
    }
    for (int number = 1; number <= 18; ++number)
        if (number != 12) EXPECT_TRUE(reached.contains("A" + std::to_string(number))) << number;
}

TEST(Corruptions, name_the_worst) {
    auto& whole = fresh_world();
    whole.world.inventory.execute(
        "update stock set on_hand = on_hand + case sku when 'MUG' then 1 else 70 end");
    const auto checks = whole.audited();
    const auto& check = check_of(checks, "A7");
    EXPECT_EQ(check.count, 2u);
    ASSERT_TRUE(check.worst);
    EXPECT_EQ(check.worst->subject, "TEA");
    EXPECT_EQ(check.worst->wrong, 70);
    EXPECT_EQ(check.worst->rows.at(0), "inventory_db.stock sku=TEA");
}

}  // namespace
}  // namespace shop::audit
