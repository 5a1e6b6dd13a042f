#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/dead-letters/command_line.hpp"
#include "tools/dead-letters/report.hpp"

namespace shop::dead_letters {
namespace {

auto read(std::vector<std::string_view> arguments) { return read_command_line(arguments); }

TEST(CommandLine, without_arguments_counts) {
    EXPECT_TRUE(std::holds_alternative<Counts>(read({}).value()));
    EXPECT_TRUE(std::holds_alternative<Counts>(read({"counts"}).value()));
}

TEST(CommandLine, reads_each_command) {
    const auto list = std::get<List>(read({"list", "order.saga"}).value());
    EXPECT_EQ(list.queue, "order.saga");
    EXPECT_EQ(list.limit, 50u);
    EXPECT_EQ(std::get<List>(read({"list", "order.saga", "--limit", "7"}).value()).limit, 7u);
    const auto show = std::get<Show>(read({"show", "order.saga", "an-id"}).value());
    EXPECT_EQ(show.queue, "order.saga");
    EXPECT_EQ(show.id, "an-id");
    EXPECT_EQ(std::get<Requeue>(read({"requeue", "q", "--id", "an-id"}).value()).id, "an-id");
    EXPECT_EQ(std::get<Requeue>(read({"requeue", "q", "--all"}).value()).id, std::nullopt);
}

TEST(CommandLine, refuses_what_it_does_not_understand) {
    for (const std::vector<std::string_view>& wrong :
         std::vector<std::vector<std::string_view>>{{"delete"},
                                                    {"counts", "x"},
                                                    {"list"},
                                                    {"list", "q", "--limit"},
                                                    {"list", "q", "--limit", "0"},
                                                    {"list", "q", "--limit", "many"},
                                                    {"show", "q"},
                                                    {"requeue", "q"},
                                                    {"requeue", "q", "--id"},
                                                    {"requeue", "q", "an-id"},
                                                    {"requeue", "q", "--all", "x"}})
        EXPECT_FALSE(read(wrong)) << wrong.front();
}

TEST(CommandLine, to_ask_for_help_is_no_mistake) {
    EXPECT_EQ(read({"--help"}).error(), "");
    EXPECT_EQ(read({"-h"}).error(), "");
}

TEST(Report, shows_no_control_characters) {
    EXPECT_EQ(printable("a\x1b[2Jb\n\x7f"), "a?[2Jb??");
    EXPECT_EQ(printable("caf\xc3\xa9 \xc2\x9b"), "caf\xc3\xa9 ??");
}

TEST(Report, marks_what_is_missing) {
    EXPECT_EQ(line_of({"id", "OrderCreated", "", "", "rejected", "{}"}),
              "id  OrderCreated  -  -  rejected\n");
    EXPECT_THAT(page_of({"id", "OrderCreated", "s", "t", "rejected", "{\"n\":1}"}),
                ::testing::EndsWith("\n\n{\"n\":1}\n"));
}

}  // namespace
}  // namespace shop::dead_letters
