#include "tools/audit/standing.hpp"

#include <gtest/gtest.h>

#include "tools/audit/tests/small_world.hpp"

namespace shop::audit {
namespace {

using namespace std::chrono_literals;

constexpr Time noon{std::chrono::hours(500'000)};

Uuid made_at(Time time) { return Span{.from = time}.first(); }

Checks found(std::string_view check, std::vector<std::string> subjects) {
    Checks checks{{.id = check, .statement = "all is well"}};
    for (auto& subject : subjects) checks[0].found({.subject = std::move(subject), .detail = "it is not"});
    return checks;
}

Span minute(int number) { return {noon + number * 1min, noon + (number + 1) * 1min}; }

std::size_t count(const Standing& standing, std::string_view check) {
    return check_of(standing.checks(), check).count;
}

TEST(Standing, keeps_findings_until_their_slice_is_looked_at_again) {
    Standing standing;
    standing.replace_open({{"A4", "all is well"}});
    standing.replace(minute(0), found("A4", {made_at(noon + 1s).text(), made_at(noon + 2s).text()}));
    standing.replace(minute(1), found("A4", {made_at(noon + 61s).text()}));
    EXPECT_EQ(count(standing, "A4"), 3u);
    EXPECT_EQ(check_of(standing.checks(), "A4").offenders[0].subject, made_at(noon + 1s).text());
    standing.replace(minute(0), found("A4", {made_at(noon + 2s).text()}));
    EXPECT_EQ(count(standing, "A4"), 2u);
    standing.replace({noon + 1min + 1s, noon + 1min + 2s}, {});
    EXPECT_EQ(count(standing, "A4"), 1u);
}

TEST(Standing, keeps_what_has_no_id_of_ours_with_its_slice) {
    Standing standing;
    standing.replace_open({{"A5", "all is well"}});
    standing.replace(minute(3), found("A5", {"what", made_at(noon - 1h).text()}));
    standing.replace(minute(2), {});
    EXPECT_EQ(count(standing, "A5"), 2u);
    standing.replace(minute(3), {});
    EXPECT_EQ(count(standing, "A5"), 0u);
}

TEST(Standing, keeps_what_a_check_found_when_it_cannot_be_made) {
    Standing standing;
    standing.replace_open(found("A7", {"MUG"}));
    standing.replace_open({{"A7", "all is well", "not made this time"}});
    EXPECT_EQ(count(standing, "A7"), 1u);
    standing.replace_open({{"A7", "all is well"}});
    EXPECT_EQ(count(standing, "A7"), 0u);
}

TEST(Standing, believes_the_broker_the_second_time) {
    Standing standing;
    standing.replace_open(found("A16", {"order.saga"}));
    EXPECT_EQ(count(standing, "A16"), 0u);
    standing.replace_open(found("A16", {"order.saga", "payment.orders"}));
    EXPECT_EQ(count(standing, "A16"), 1u);
    standing.replace_open(found("A16", {"payment.orders"}));
    EXPECT_EQ(check_of(standing.checks(), "A16").offenders.at(0).subject, "payment.orders");
}

TEST(Standing, revisits_one_finding_after_the_other) {
    Standing standing;
    EXPECT_FALSE(standing.revisit());
    standing.replace(minute(0), found("A4", {made_at(noon + 5s).text()}));
    standing.replace(minute(1), found("A9", {made_at(noon + 70s).text()}));
    EXPECT_EQ(standing.revisit(), noon + 5s);
    EXPECT_EQ(standing.revisit(), noon + 70s);
    EXPECT_EQ(standing.revisit(), noon + 5s);
}

TEST(Standing, has_the_checks_in_order) {
    Standing standing;
    standing.replace_open({{"A10", ""}, {"A2", ""}, {"A1", ""}});
    std::string ids;
    for (const auto& check : standing.checks()) ids += std::string(check.id) + " ";
    EXPECT_EQ(ids, "A1 A2 A10 ");
}

}  // namespace
}  // namespace shop::audit
