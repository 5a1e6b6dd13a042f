#include "tools/load/options.hpp"

#include <gmock/gmock.h>

namespace shop::load {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::expected<Options, std::string> read(std::vector<std::string_view> arguments) {
    return read_options(arguments);
}

TEST(Options, have_defaults_for_everything) {
    const auto options = read({"orders"});
    ASSERT_TRUE(options);
    EXPECT_EQ(options->orders, 60'000);
    EXPECT_EQ(options->clients, 64);
    EXPECT_EQ(options->rounds, 3);
    EXPECT_EQ(options->users, 50);
    EXPECT_EQ(options->lines_min, 1);
    EXPECT_EQ(options->lines_max, 3);
    EXPECT_THAT(options->ways, ElementsAre(Way::direct));
    EXPECT_EQ(options->json, "");
}

TEST(Options, need_no_word_for_what_is_measured) { EXPECT_TRUE(read({})); }

TEST(Options, are_read_in_any_order) {
    const auto options = read({"orders", "--seed", "18446744073709551615", "--orders", "10", "--lines",
                               "2..5", "--via", "both", "--json", "figures.json", "--warm-up", "0"});
    ASSERT_TRUE(options) << options.error();
    EXPECT_EQ(options->seed, 18446744073709551615u);
    EXPECT_EQ(options->orders, 10);
    EXPECT_EQ(options->lines_min, 2);
    EXPECT_EQ(options->lines_max, 5);
    EXPECT_THAT(options->ways, ElementsAre(Way::direct, Way::gateway));
    EXPECT_EQ(options->json, "figures.json");
    EXPECT_EQ(options->warm_up, 0);
}

TEST(Options, take_one_number_of_lines) {
    const auto options = read({"--lines", "4"});
    ASSERT_TRUE(options);
    EXPECT_EQ(options->lines_min, 4);
    EXPECT_EQ(options->lines_max, 4);
}

TEST(Options, say_what_is_wrong) {
    EXPECT_EQ(read({"--orders", "0"}).error(), "--orders must be a number from 1 to 10000000");
    EXPECT_EQ(read({"--clients", "64x"}).error(), "--clients must be a number from 1 to 4096");
    EXPECT_EQ(read({"--rounds"}).error(), "--rounds needs a value");
    EXPECT_EQ(read({"--speed", "9"}).error(), "there is no option --speed");
    EXPECT_EQ(read({"users"}).error(), "there is nothing to measure called users");
    EXPECT_EQ(read({"--via", "proxy"}).error(), "--via must be direct, gateway or both");
    EXPECT_EQ(read({"--seed", "-1"}).error(), "--seed must be a whole number");
}

TEST(Options, refuse_ranges_of_lines_that_are_none) {
    for (const std::string_view lines : {"0", "51", "3..1", "1..", "..3", "1...3", "1..3..5", "a..b", ""})
        EXPECT_THAT(read({"--lines", lines}).error(), HasSubstr("--lines must be")) << lines;
}

TEST(Options, refuse_more_lines_than_articles) {
    EXPECT_THAT(read({"--skus", "2"}).error(), HasSubstr("--skus must not be less"));
    EXPECT_TRUE(read({"--skus", "2", "--lines", "2"}));
}

TEST(Options, tell_a_wish_for_help_from_a_mistake) { EXPECT_EQ(read({"orders", "--help"}).error(), ""); }

}  // namespace
}  // namespace shop::load
