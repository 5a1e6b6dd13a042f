#include <gtest/gtest.h>

#include <algorithm>

#include "tests/simulation/workers.hpp"

namespace simulation {
namespace {

/// What a world complained about.
std::optional<std::string> complaint_of(Engine& engine, const Schedule& schedule, Coverage& coverage) {
    std::optional<std::string> complaint;
    engine.run([&] { complaint = run(engine, schedule, coverage).complaint; });
    return complaint;
}

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::uint64_t repeated_seeds = 50;  // A sanitizer makes each world many times slower.
#else
constexpr std::uint64_t repeated_seeds = 1'000;
#endif

/// Only when activities mix can one of them wait for another, or be stopped for long.
bool needs_mixing(Rare what) { return what == Rare::waited_for_a_lock || what == Rare::stale_lease_refused; }

class Profile : public testing::TestWithParam<bool> {};

TEST_P(Profile, balances_in_every_world_and_reaches_what_is_rare) {
    Engine engine;
    Coverage coverage;
    for (std::uint64_t seed = 1; seed <= 3'000; ++seed) {
        const auto complaint = complaint_of(engine, {.seed = seed, .interleaved = GetParam()}, coverage);
        ASSERT_FALSE(complaint) << "seed " << seed << ": " << *complaint;
    }
    // A run that never met its faults proves nothing.
    for (std::size_t kind = 0; kind < fault_count; ++kind)
        EXPECT_TRUE(coverage.faults[kind] > 0 ||
                    (!GetParam() && kind == static_cast<std::size_t>(Fault::process_stopped)))
            << fault_names[kind];
    for (std::size_t what = 0; what < rare_count; ++what)
        EXPECT_TRUE(coverage.rare[what] > 0 || (!GetParam() && needs_mixing(static_cast<Rare>(what))))
            << rare_names[what];
}

INSTANTIATE_TEST_SUITE_P(Both, Profile, testing::Bool(),
                         [](const auto& one) { return one.param ? "interleaved" : "one_by_one"; });

class SeededBug : public testing::TestWithParam<BugInfo> {};

TEST_P(SeededBug, is_found) {
    Engine engine;
    Coverage coverage;
    const auto& info = GetParam();
    for (std::uint64_t seed = 1; seed <= 10'000; ++seed)
        if (complaint_of(engine, {.seed = seed, .interleaved = info.interleaved, .bug = info.bug}, coverage))
            return;
    FAIL() << "10,000 worlds in which " << info.what << ", and nobody noticed";
}

std::string name_of_bug(const testing::TestParamInfo<BugInfo>& one) {
    std::string name(one.param.name);
    std::ranges::replace(name, '-', '_');
    return name;
}

INSTANTIATE_TEST_SUITE_P(All, SeededBug, testing::ValuesIn(seeded_bugs), name_of_bug);

class Weakness : public testing::TestWithParam<Bug> {};

TEST_P(Weakness, is_made_up_for) {
    Engine engine;
    Coverage coverage;
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
        const auto complaint = complaint_of(engine, {.seed = seed, .bug = GetParam()}, coverage);
        ASSERT_FALSE(complaint) << "seed " << seed << ": " << *complaint;
    }
}

INSTANTIATE_TEST_SUITE_P(All, Weakness, testing::ValuesIn(weaknesses));

TEST(Simulation, is_the_same_world_for_the_same_seed) {
    // An engine is used by many worlds, and must not carry anything from one to the next.
    std::array<Engine, 2> engines;
    for (const bool interleaved : {false, true}) {
        for (std::uint64_t seed = 1; seed <= repeated_seeds; ++seed) {
            std::array<std::uint64_t, 2> hashes{};
            for (std::size_t i = 0; i < hashes.size(); ++i) {
                Coverage coverage;
                const Schedule schedule{.seed = seed, .interleaved = interleaved};
                engines[i].run([&] { hashes[i] = run(engines[i], schedule, coverage).trace_hash; });
            }
            EXPECT_EQ(hashes[0], hashes[1]) << "seed " << seed;
        }
    }
}

TEST(Simulation, divided_among_processes_reaches_the_same_and_names_the_first_seed_that_fails) {
    const auto alone = run_campaign({.schedule = {}, .schedules = 60, .jobs = 1});
    const auto divided = run_campaign({.schedule = {}, .schedules = 60, .jobs = 3});
    EXPECT_FALSE(divided.failed);
    EXPECT_EQ(alone.coverage.faults, divided.coverage.faults);
    EXPECT_EQ(alone.coverage.rare, divided.coverage.rare);
    EXPECT_EQ(alone.coverage.deliveries, divided.coverage.deliveries);

    const Schedule broken{.seed = 5, .bug = Bug::stock_undo_never_sent};
    const auto first = run_campaign({broken, 200, 1}).failed;
    ASSERT_TRUE(first);
    EXPECT_EQ(run_campaign({broken, 200, 3}).failed, first);
}

TEST(Simulation, shrinks_a_failing_world_to_a_smaller_one_that_fails_too) {
    Engine engine;
    engine.run([&] {
        Schedule failing{.seed = 1, .bug = Bug::stock_undo_never_sent};
        Coverage coverage;
        while (!run(engine, failing, coverage).complaint) ++failing.seed;
        const auto smallest = shrink(engine, failing);
        EXPECT_LT(smallest.orders, failing.orders);
        EXPECT_GT(smallest.without.count(), 0u);
        const auto told = run(engine, smallest, coverage, true);
        EXPECT_TRUE(told.complaint);
        EXPECT_FALSE(told.story.empty());
    });
}

}  // namespace
}  // namespace simulation
