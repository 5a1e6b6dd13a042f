#include "tools/load/processes.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace shop::load {
namespace {

constexpr double ticks_per_second = 100;

TEST(Processes, read_what_the_kernel_says_of_one) {
    const auto process =
        read_stat("4242 (beam.smp) S 17 4242 4242 0 -1 4194304 1 2 3 4 100 20 3 4 20 0 9 0 55 1 2\n");
    ASSERT_TRUE(process);
    EXPECT_EQ(process->pid, 4242);
    EXPECT_EQ(process->parent, 17);
    EXPECT_EQ(process->ticks, 127);
}

TEST(Processes, may_have_any_name) {
    const auto process = read_stat("1 (a) S (b c) R 17 4242 4242 0 -1 4194304 1 2 3 4 100 20 3 4 20 0\n");
    ASSERT_TRUE(process);
    EXPECT_EQ(process->parent, 17);
}

TEST(Processes, that_ended_meanwhile_are_none) {
    EXPECT_FALSE(read_stat(""));
    EXPECT_FALSE(read_stat("1 (a) R 1"));
}

TEST(Processes, belong_to_parts) {
    EXPECT_EQ(part_of("order-service"), "order-service");
    EXPECT_EQ(part_of("order-service-3"), "order-service");
    EXPECT_EQ(part_of("epmd"), "rabbitmq");
    EXPECT_EQ(part_of("payment-provider"), "payment-provider");
}

TEST(Processes, are_summed_up_with_their_descendants) {
    const State state{.supervisor = {1},
                      .processes = {{"postgres", 10}, {"order-service", 20}, {"order-service-2", 21}}};
    const std::vector<Process> processes{{1, 0, 100, 5, 1},    {10, 1, 200, 10, 70}, {11, 10, 300, 20, 90},
                                         {12, 11, 400, 30, 4}, {20, 1, 50, 7, 3},    {21, 1, 50, 8, 3},
                                         {99, 0, 900, 9, 9}};
    const auto usage = usage_in(state, 99, processes, ticks_per_second);
    EXPECT_EQ(usage.size(), 4u);
    EXPECT_EQ(usage.at("supervisor").cpu_seconds, 1);
    EXPECT_EQ(usage.at("postgres").cpu_seconds, 9);
    EXPECT_EQ(usage.at("postgres").memory_bytes, 60 + 90);
    EXPECT_EQ(usage.at("order-service").cpu_seconds, 1);
    EXPECT_EQ(usage.at("order-service").memory_bytes, 15 + 3);
    EXPECT_EQ(usage.at("load generator").cpu_seconds, 9);
}

TEST(Usage, between_two_looks_is_their_difference_with_the_later_memory) {
    const UsageByPart before{{"a", {1, 10}}, {"restarted", {5, 10}}},
        after{{"a", {3, 30}}, {"restarted", {1, 7}}};
    const auto used = used_between(before, after);
    EXPECT_EQ(used.at("a").cpu_seconds, 2);
    EXPECT_EQ(used.at("a").memory_bytes, 30);
    EXPECT_EQ(used.at("restarted").cpu_seconds, 0);
}

TEST(Usage, of_this_process_needs_no_state_file) {
    const auto usage = usage_now("");
    EXPECT_EQ(usage.size(), 1u);
    EXPECT_GT(usage.at("load generator").memory_bytes, 0);
}

TEST(Usage, cannot_be_read_from_a_state_file_that_is_not_there) {
    EXPECT_THROW(usage_now("/nowhere"), std::runtime_error);
}

}  // namespace
}  // namespace shop::load
