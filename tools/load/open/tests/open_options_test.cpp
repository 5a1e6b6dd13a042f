#include "tools/load/open/open_options.hpp"

#include <gmock/gmock.h>

#include <map>
#include <vector>

namespace shop::load {
namespace {

using Arguments = std::vector<std::string_view>;

const Arguments needed{"--gateway", "http://x", "--tokens", "t", "--articles", "a", "--history", "h"};

auto read(Arguments more) {
    Arguments all = needed;
    all.insert(all.end(), more.begin(), more.end());
    return read_open_options(all);
}

TEST(OpenOptions, reads_what_is_given_and_keeps_the_rest) {
    const auto options =
        read({"--rate", "12.5", "--seconds", "90", "--seed", "7", "--json", "j", "--popularity", "0.9"})
            .value();
    EXPECT_EQ(options.gateway, "http://x");
    EXPECT_EQ(options.rate, 12.5);
    EXPECT_EQ(options.seconds, 90);
    EXPECT_EQ(options.seed, 7u);
    EXPECT_EQ(options.json, "j");
    EXPECT_EQ(options.popularity, 0.9);
    EXPECT_EQ(options.retries, 3);
}

TEST(OpenOptions, names_what_is_wrong) {
    const std::map<std::string, Arguments> wrong{
        {"--rate must be a number from 0.01 to 10000", {"--rate", "0"}},
        {"--rate must", {"--rate", "fast"}},
        {"--seconds", {"--seconds", "1.5"}},
        {"--seed", {"--seed", "-1"}},
        {"--json needs", {"--json"}},
        {"--orders", {"--orders", "3"}}};
    for (const auto& [named, arguments] : wrong)
        EXPECT_THAT(read(arguments).error(), testing::HasSubstr(named));
    EXPECT_THAT(read_open_options({}).error(), testing::HasSubstr("--gateway is missing"));
    EXPECT_EQ(read_open_options(Arguments{"--help"}).error(), "");
}

}  // namespace
}  // namespace shop::load
