#include "tools/audit/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace shop::audit {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

Checks three_checks() {
    Checks checks{{"A1", "nothing is stuck"}, {"A7", "stock is explained"}, {"A13", "later", "not yet"}};
    checks[0].notices.push_back("look at this");
    return checks;
}

Checks unbalanced_checks(std::size_t findings) {
    auto checks = three_checks();
    for (std::size_t i = 0; i < findings; ++i)
        checks[1].found({.subject = "MUG-" + std::to_string(i), .detail = "7, not 6"});
    return checks;
}

TEST(Report, ends_with_the_verdict) {
    EXPECT_THAT(text_report(three_checks(), {}), EndsWith("\nbooks balanced\n"));
    EXPECT_THAT(text_report(unbalanced_checks(1), {}), EndsWith("\nUNBALANCED: 1 finding in 1 check\n"));
    auto checks = unbalanced_checks(2);
    checks[0].found({.subject = "order", .detail = "pending"});
    EXPECT_EQ(verdict(checks), "UNBALANCED: 3 findings in 2 checks");
    EXPECT_FALSE(balanced(checks));
}

TEST(Report, shows_offenders_below_their_check_and_counts_the_rest) {
    const auto text = text_report(unbalanced_checks(30), {});
    EXPECT_THAT(text, HasSubstr("A7   30 findings     stock is explained\n     MUG-0: 7, not 6\n"));
    EXPECT_THAT(text,
                HasSubstr("     MUG-4: 7, not 6\n     worst, off by 1: MUG-0: 7, not 6\n     and 25 more\n"));
}

TEST(Report, shows_notices_and_what_was_not_checked) {
    const auto text = text_report(three_checks(), {});
    EXPECT_THAT(text, HasSubstr("A1   ok              nothing is stuck\n     note: look at this\n"));
    EXPECT_THAT(text, HasSubstr("A13  -               later (not yet)\n"));
}

TEST(Report, says_how_much_was_compared) {
    const auto text = text_report(three_checks(), {.orders = 12, .grace = std::chrono::seconds(40)});
    EXPECT_THAT(text, HasSubstr("12 orders, "));
    EXPECT_THAT(text, HasSubstr("younger than 40 s is left out"));
}

TEST(Report, is_the_same_as_json) {
    const auto read = boost::json::parse(json_report(unbalanced_checks(30), {.orders = 12}));
    EXPECT_EQ(read.at("verdict").as_string(), "UNBALANCED: 30 findings in 1 check");
    EXPECT_EQ(read.at("balanced").as_bool(), false);
    EXPECT_EQ(read.at("orders").to_number<int>(), 12);
    const auto& checks = read.at("checks").as_array();
    ASSERT_EQ(checks.size(), 3u);
    EXPECT_EQ(checks[0].at("status").as_string(), "ok");
    EXPECT_EQ(checks[0].at("notices").as_array().size(), 1u);
    EXPECT_EQ(checks[1].at("status").as_string(), "failed");
    EXPECT_EQ(checks[1].at("count").to_number<int>(), 30);
    EXPECT_EQ(checks[1].at("first").as_array().size(), 20u);
    EXPECT_EQ(checks[1].at("first").at(0).at("subject").as_string(), "MUG-0");
    EXPECT_EQ(checks[2].at("status").as_string(), "not_applicable");
    EXPECT_EQ(checks[2].at("why").as_string(), "not yet");
}

}  // namespace
}  // namespace shop::audit
