#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "platform/service/tests/child.hpp"

namespace platform {
namespace {

using service::Child;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int killed = 128 + SIGKILL;
const std::string endless = "1000000000";

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

class CrashPointTest : public ::testing::Test {
  protected:
    CrashPointTest() {
        std::string pattern = (std::filesystem::temp_directory_path() / "crash-point-XXXXXX").string();
        directory = mkdtemp(pattern.data());
    }
    ~CrashPointTest() override { std::filesystem::remove_all(directory); }

    std::map<std::string, std::string> environment(const std::string& at, const std::string& passes) const {
        return {{"SHOP_CRASH_AT", at}, {"SHOP_CRASH_LOG", log()}, {"SAMPLE_PASSES", passes}};
    }
    int run(const std::string& at, const std::string& passes) const {
        return Child{PROGRAM_WITH_POINTS, environment(at, passes)}.wait();
    }
    void write(const std::string& text) const {
        std::ofstream{directory / "new"} << text;
        std::filesystem::rename(directory / "new", file());
    }
    std::string file() const { return (directory / "at").string(); }
    std::string log() const { return (directory / "log").string(); }
    std::size_t log_lines() const {
        return static_cast<std::size_t>(std::ranges::count(text_of(log()), '\n'));
    }
    void wait_for_log_lines(std::size_t count) const {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
        while (log_lines() < count) ASSERT_LT(std::chrono::steady_clock::now(), end);
    }

    std::filesystem::path directory;
};

TEST_F(CrashPointTest, the_process_is_killed_when_it_passes_the_point_for_the_nth_time) {
    EXPECT_EQ(run("sample.whole:3", "2"), 0);
    EXPECT_EQ(text_of(log()), "");
    EXPECT_EQ(run("sample.whole:3", "3"), killed);
    EXPECT_THAT(text_of(log()), ContainsRegex("^sample.whole:3 [0-9]+ sample\n$"));
}

TEST_F(CrashPointTest, pieces_are_joined_and_an_empty_first_one_is_the_process) {
    EXPECT_EQ(run("some.queue.shared:1", "1"), killed);
    EXPECT_EQ(run("sample.own:1", "1"), killed);
    EXPECT_EQ(log_lines(), 2u);
}

TEST_F(CrashPointTest, a_process_that_is_started_again_with_the_same_environment_goes_on) {
    EXPECT_EQ(run("sample.whole:2", "5"), killed);
    EXPECT_EQ(run("sample.whole:2", "5"), 0);
    EXPECT_EQ(run("sample.whole:1", "5"), killed);
    EXPECT_EQ(log_lines(), 2u);
}

TEST_F(CrashPointTest, a_target_in_a_file_kills_once_and_is_taken_away) {
    EXPECT_EQ(run(file(), "5"), 0);
    write("sample.whole:2\n");
    EXPECT_EQ(run(file(), "5"), killed);
    EXPECT_FALSE(std::filesystem::exists(file()));
    EXPECT_EQ(run(file(), "5"), 0);
    write("sample.whole:2\n");
    EXPECT_EQ(run(file(), "5"), killed);
    EXPECT_EQ(log_lines(), 2u);
}

TEST_F(CrashPointTest, of_several_targets_in_a_file_each_kills_in_its_turn) {
    write("sample.whole:2\nsome.queue.shared:1\n");
    EXPECT_EQ(run(file(), "5"), killed);
    EXPECT_EQ(text_of(file()), "some.queue.shared:1\n");
    EXPECT_EQ(run(file(), "5"), killed);
    EXPECT_EQ(run(file(), "5"), 0);
}

TEST_F(CrashPointTest, of_two_processes_that_go_on_one_takes_the_target_whenever_it_comes) {
    Child one{PROGRAM_WITH_POINTS, environment(file(), endless)};
    Child other{PROGRAM_WITH_POINTS, environment(file(), endless)};
    write("sample.whole:1\n");
    wait_for_log_lines(1);
    write("some.queue.shared:1\n");
    EXPECT_EQ(one.wait(), killed);
    EXPECT_EQ(other.wait(), killed);
    // Had the first target killed both, it would stand here twice and the second not at all.
    EXPECT_THAT(text_of(log()),
                ContainsRegex("^sample.whole:1 [0-9]+ sample\nsome.queue.shared:1 [0-9]+ sample\n$"));
}

TEST_F(CrashPointTest, a_target_that_makes_no_sense_ends_the_start_and_is_named) {
    for (const std::string wrong : {"sample.whole", "sample.whole:", "sample.whole:0", "sample.whole:-1",
                                    "sample.whole:1x", "sample.whole:99999999999999999999", ":1", "at"}) {
        Child child{PROGRAM_WITH_POINTS, environment(wrong, "1")};
        EXPECT_EQ(child.wait(), 2) << wrong;
        EXPECT_THAT(child.output(), HasSubstr("sample: SHOP_CRASH_AT: '")) << wrong;
        EXPECT_THAT(child.output(), HasSubstr(wrong.substr(0, wrong.rfind(':')))) << wrong;
    }
}

TEST_F(CrashPointTest, an_unknown_point_ends_the_start_and_the_known_ones_are_listed) {
    Child child{PROGRAM_WITH_POINTS, environment("sample.hole:1", "1")};
    EXPECT_EQ(child.wait(), 2);
    EXPECT_THAT(child.output(), HasSubstr("'sample.hole' is no crash point"));
    for (const auto* known : {"sample.own", "sample.whole", "some.queue.shared"})
        EXPECT_THAT(child.output(), HasSubstr(known));
    write("sample.hole:1\n");
    EXPECT_EQ(run(file(), "1"), 2);
}

TEST_F(CrashPointTest, without_a_log_there_is_no_start) {
    Child child{PROGRAM_WITH_POINTS, {{"SHOP_CRASH_AT", "sample.whole:1"}, {"SAMPLE_PASSES", "1"}}};
    EXPECT_EQ(child.wait(), 2);
    EXPECT_THAT(child.output(), HasSubstr("SHOP_CRASH_LOG is required"));
}

TEST_F(CrashPointTest, without_the_variables_nothing_happens) {
    EXPECT_EQ((Child{PROGRAM_WITH_POINTS, {{"SAMPLE_PASSES", "5"}}}.wait()), 0);
}

TEST_F(CrashPointTest, a_build_without_points_has_no_trace_of_them) {
    // 3: it has left the variables to whoever reads the configuration, which refuses what it does not know.
    EXPECT_EQ((Child{PROGRAM_WITHOUT_POINTS, environment("sample.whole:1", "5")}.wait()), 3);
    EXPECT_EQ(text_of(log()), "");
    const auto with = text_of(PROGRAM_WITH_POINTS), without = text_of(PROGRAM_WITHOUT_POINTS);
    for (const auto* trace : {" is no crash point", "sample.whole", "some.queue.shared", "11crash_point"}) {
        EXPECT_TRUE(with.contains(trace)) << trace;
        EXPECT_FALSE(without.contains(trace)) << trace;
    }
}

}  // namespace
}  // namespace platform
