#include "tools/load/open/history.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

#include "platform/base/ids.hpp"

namespace shop::load {
namespace {

struct HistoryTest : testing::Test {
    ~HistoryTest() override { std::filesystem::remove(path); }

    std::vector<std::string> lines() const {
        std::ifstream file(path);
        std::vector<std::string> read;
        for (std::string line; std::getline(file, line);) read.push_back(line);
        return read;
    }

    std::string path = testing::TempDir() + "/history-" + platform::RandomIds().next().text();
};

TEST_F(HistoryTest, a_line_is_in_the_file_at_once_and_leaves_out_what_is_not_known) {
    History history(path);
    history.write(
        {.op = history.next_operation(), .kind = "place", .phase = "invoke", .user = "u", .key = "k"});
    ASSERT_EQ(lines().size(), 1u);
    EXPECT_THAT(lines()[0],
                testing::MatchesRegex(R"(\{"at":"20[0-9-]+T[0-9:]+\.[0-9][0-9][0-9]Z","op":1,"kind":"place",)"
                                      R"("phase":"invoke","user":"u","key":"k"\})"));
    history.write({.op = 1,
                   .kind = "place",
                   .phase = "ok",
                   .user = "u",
                   .key = "k",
                   .order = "o",
                   .status = 202,
                   .outcome = "pending"});
    ASSERT_EQ(lines().size(), 2u);
    EXPECT_THAT(lines()[1], testing::EndsWith(R"("key":"k","order":"o","status":202,"outcome":"pending"})"));
}

TEST_F(HistoryTest, appends_to_what_is_there) {
    for (int i = 0; i < 2; ++i) History(path).write({.op = 1, .kind = "cancel", .phase = "invoke"});
    EXPECT_EQ(lines().size(), 2u);
}

TEST_F(HistoryTest, a_file_that_cannot_be_written_is_named) {
    try {
        History history("/nowhere/at/all");
        FAIL();
    } catch (const std::system_error& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("/nowhere/at/all"));
    }
}

}  // namespace
}  // namespace shop::load
