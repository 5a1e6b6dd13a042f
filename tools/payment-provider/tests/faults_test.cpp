#include "tools/payment-provider/faults.hpp"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace shop::provider {
namespace {

std::vector<Fault> draws(std::string_view text, CallKind kind, int count) {
    auto plan = FaultPlan::parse(text).value();
    std::vector<Fault> drawn;
    for (int i = 0; i < count; ++i) drawn.push_back(plan.draw(kind));
    return drawn;
}

TEST(Faults, come_as_often_as_was_said_and_only_where_it_was_said) {
    const auto* text = R"({"seed": 3, "faults": {"confirm": {"lost": 0.3, "slow": 0.1}}})";
    std::map<Fault, int> seen;
    for (const auto fault : draws(text, CallKind::confirm, 10'000)) ++seen[fault];
    EXPECT_NEAR(seen[Fault::lost], 3'000, 200);
    EXPECT_NEAR(seen[Fault::slow], 1'000, 150);
    EXPECT_EQ(seen[Fault::error], 0);
    for (const auto fault : draws(text, CallKind::create, 1'000)) ASSERT_EQ(fault, Fault::none);
}

TEST(Faults, are_repeated_by_the_seed) {
    const auto plan = [](int seed) {
        return R"({"faults": {"refund": {"error": 0.5}}, "seed": )" + std::to_string(seed) + "}";
    };
    EXPECT_EQ(draws(plan(1), CallKind::refund, 100), draws(plan(1), CallKind::refund, 100));
    EXPECT_NE(draws(plan(1), CallKind::refund, 100), draws(plan(2), CallKind::refund, 100));
}

TEST(Faults, a_plan_is_shown_as_it_is_taken) {
    const auto plan =
        FaultPlan::parse(R"({"faults": {"create": {"slow": 0, "dropped": 0.25}}, "seed": 9})").value();
    EXPECT_EQ(FaultPlan::parse(plan.text())->text(), plan.text());
    EXPECT_EQ(plan.text(), R"({"seed":9,"faults":{"create":{"dropped":2.5E-1}}})");
    EXPECT_EQ(FaultPlan::parse("{}")->text(), R"({"seed":1,"faults":{}})");
}

TEST(Faults, a_plan_that_is_not_understood_is_refused) {
    for (const auto* text :
         {"", "[]", R"({"seeds": 1})", R"({"seed": -1})", R"({"faults": []})",
          R"({"faults": {"charge": {"slow": 1}}})", R"({"faults": {"create": {"late": 1}}})",
          R"({"faults": {"create": {"slow": 1.5}}})", R"({"faults": {"create": {"slow": "1"}}})",
          R"({"faults": {"create": {"slow": 0.6, "lost": 0.6}}})"})
        EXPECT_FALSE(FaultPlan::parse(text)) << text;
}

}  // namespace
}  // namespace shop::provider
