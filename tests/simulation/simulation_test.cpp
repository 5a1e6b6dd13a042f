#include <gtest/gtest.h>

#include "tests/simulation/world.hpp"

namespace simulation {
namespace {

TEST(Simulation, balances_in_every_world_and_reaches_what_is_rare) {
    Coverage coverage;
    for (std::uint64_t seed = 1; seed <= 1'000; ++seed) {
        const auto complaint = run({.seed = seed}, coverage);
        ASSERT_FALSE(complaint) << "seed " << seed << ": " << *complaint;
    }
    // A run that never met its faults proves nothing.
    for (const auto* what : {"crash at a port",
                             "crash after commit",
                             "commit unknown",
                             "database gone",
                             "message duplicated",
                             "message delayed",
                             "crash before ack",
                             "crash between confirm and mark",
                             "provider's answer lost",
                             "provider's error kept under its key",
                             "provider's key repeated",
                             "card declined",
                             "cancelled by the customer",
                             "duplicate suppressed",
                             "order placed again",
                             "order timed out",
                             "payment refunded",
                             "order confirmed",
                             "order cancelled",
                             "crash before the provider",
                             "crash after the provider"})
        EXPECT_GT(coverage[what], 0u) << what;
}

class SeededBug : public testing::TestWithParam<Bug> {};

TEST_P(SeededBug, is_found) {
    Coverage coverage;
    for (std::uint64_t seed = 1; seed <= 2'000; ++seed)
        if (run({.seed = seed, .bug = GetParam()}, coverage)) return;
    FAIL() << "2,000 worlds with the bug, and nobody noticed";
}

INSTANTIATE_TEST_SUITE_P(All, SeededBug,
                         testing::Values(Bug::forgetful_release, Bug::late_charge_kept,
                                         Bug::marked_before_sent, Bug::acknowledged_first));

class Weakness : public testing::TestWithParam<Bug> {};

TEST_P(Weakness, is_made_up_for) {
    Coverage coverage;
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
        const auto complaint = run({.seed = seed, .bug = GetParam()}, coverage);
        ASSERT_FALSE(complaint) << "seed " << seed << ": " << *complaint;
    }
}

INSTANTIATE_TEST_SUITE_P(All, Weakness, testing::Values(Bug::no_inbox, Bug::new_key_per_call));

TEST(Simulation, is_the_same_world_for_the_same_seed) {
    Coverage coverage;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        std::string one;
        std::string other;
        run({.seed = seed}, coverage, &one);
        run({.seed = seed}, coverage, &other);
        EXPECT_FALSE(one.empty());
        EXPECT_EQ(one, other);
    }
}

}  // namespace
}  // namespace simulation
