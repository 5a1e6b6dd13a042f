#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tools/republish/republishing.hpp"

namespace shop::republish {
namespace {

auto read(std::vector<std::string_view> arguments) { return read_command_line(arguments); }

TEST(CommandLine, reads_every_option) {
    const auto command =
        read({"--from", "2026-11-22T18:00:00Z", "--to", "2026-11-22T19:00:00Z", "--subject", "s", "--type",
              "OrderCreated", "--service", "order", "--times", "3", "--shuffle", "7"})
            .value();
    EXPECT_EQ(platform::rfc3339(command.from), "2026-11-22T18:00:00.000000Z");
    EXPECT_EQ(command.to.value() - command.from, std::chrono::hours(1));
    EXPECT_EQ(command.subject, "s");
    EXPECT_EQ(command.type, "OrderCreated");
    EXPECT_EQ(command.service, "order");
    EXPECT_EQ(command.times, 3);
    EXPECT_EQ(command.shuffle, 7u);
}

TEST(CommandLine, publishes_one_copy_oldest_first_up_to_now_unless_told_otherwise) {
    const auto command = read({"--from", "2026-11-22T18:00:00Z"}).value();
    EXPECT_FALSE(command.to);
    EXPECT_FALSE(command.shuffle);
    EXPECT_EQ(command.times, 1);
}

TEST(CommandLine, names_what_is_wrong) {
    const std::map<std::string, std::vector<std::string_view>> wrong{
        {"--from", {}},
        {"--times", {"--from", "2026-11-22T18:00:00Z", "--times", "0"}},
        {"--shuffle", {"--from", "2026-11-22T18:00:00Z", "--shuffle", "often"}},
        {"--service", {"--from", "2026-11-22T18:00:00Z", "--service", "shipping"}},
        {"--to", {"--from", "2026-11-22T18:00:00Z", "--to", "2026-11-22T18:00:00Z"}},
        {"--type", {"--from", "2026-11-22T18:00:00Z", "--type"}},
        {"--all", {"--all", "yes"}},
    };
    for (const auto& [named, arguments] : wrong)
        EXPECT_THAT(read(arguments).error(), ::testing::HasSubstr(named));
    EXPECT_THAT(read({"--from", "yesterday"}).error(), ::testing::HasSubstr("--from must be a time"));
}

TEST(CommandLine, to_ask_for_help_is_no_mistake) { EXPECT_EQ(read({"--help"}).error(), ""); }

TEST(Sources, names_all_that_is_not_set) {
    const auto sources = read_sources([](const char* name) {
        return std::string_view(name) == "SHOP_ORDER_DATABASE_URL" ? "postgresql://x" : nullptr;
    });
    EXPECT_THAT(sources.error(), ::testing::HasSubstr("SHOP_USER_DATABASE_URL, SHOP_PRODUCT_DATABASE_URL"));
    EXPECT_THAT(sources.error(), ::testing::HasSubstr("SHOP_BROKER_URL"));
    EXPECT_THAT(sources.error(), ::testing::Not(::testing::HasSubstr("SHOP_ORDER_DATABASE_URL")));
}

TEST(PublishingOrder, without_a_seed_is_one_pass_after_the_other) {
    EXPECT_THAT(publishing_order(3, 2, std::nullopt), ::testing::ElementsAre(0, 1, 2, 0, 1, 2));
}

TEST(PublishingOrder, with_a_seed_is_another_order_of_the_same_copies) {
    const auto order = publishing_order(50, 3, 7);
    EXPECT_EQ(order, publishing_order(50, 3, 7));
    EXPECT_NE(order, publishing_order(50, 3, 8));
    EXPECT_NE(order, publishing_order(50, 3, std::nullopt));
    auto sorted = order;
    std::ranges::sort(sorted);
    auto expected = publishing_order(50, 3, std::nullopt);
    std::ranges::sort(expected);
    EXPECT_EQ(sorted, expected);
}

TEST(PublishingOrder, of_nothing_is_nothing) { EXPECT_TRUE(publishing_order(0, 3, 1).empty()); }

}  // namespace
}  // namespace shop::republish
