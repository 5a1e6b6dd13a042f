#include "tools/audit/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace shop::audit {
namespace {

using testing::HasSubstr;

auto read(std::vector<std::string_view> arguments) { return read_command_line(arguments); }

TEST(CommandLine, asks_for_an_exact_audit_when_empty) {
    const auto command = read({});
    ASSERT_TRUE(command);
    EXPECT_FALSE(command->grace);
    EXPECT_EQ(command->json_file, "");
}

TEST(CommandLine, takes_a_file_and_a_grace) {
    const auto command = read({"--grace", "45", "--json", "report.json"});
    ASSERT_TRUE(command);
    EXPECT_EQ(command->grace, std::chrono::seconds(45));
    EXPECT_EQ(command->json_file, "report.json");
    EXPECT_EQ(command->clients_file, "");
    EXPECT_EQ(read({"--clients", "history.jsonl"})->clients_file, "history.jsonl");
}

TEST(CommandLine, refuses_what_it_does_not_understand) {
    EXPECT_EQ(read({"now"}).error(), "no such option: now");
    EXPECT_EQ(read({"--json"}).error(), "--json needs a value");
    for (const auto* grace : {"", "-1", "1.5", "ten", "86401"})
        EXPECT_THAT(read({"--grace", grace}).error(), HasSubstr("0 to 86400")) << grace;
}

TEST(CommandLine, to_ask_for_help_is_no_mistake) {
    EXPECT_EQ(read({"--help"}).error(), "");
    EXPECT_EQ(read({"--grace", "1", "-h"}).error(), "");
}

TEST(Sources, names_every_variable_that_is_missing) {
    std::map<std::string, const char*> set{{"SHOP_USER_DATABASE_URL", "u"}, {"SHOP_ORDER_DATABASE_URL", ""}};
    const auto sources = read_sources([&](const char* name) { return set[name]; });
    ASSERT_FALSE(sources);
    EXPECT_EQ(sources.error(),
              "not set: SHOP_PRODUCT_DATABASE_URL, SHOP_ORDER_DATABASE_URL, SHOP_INVENTORY_DATABASE_URL, "
              "SHOP_PAYMENT_DATABASE_URL, SHOP_BROKER_MANAGEMENT_URL; start this as ./shop audit");
}

TEST(Sources, can_do_without_a_log_of_the_provider) {
    const auto sources = read_sources(
        [](const char* name) { return std::string_view(name) == "SHOP_PROVIDER_LOG" ? nullptr : "x"; });
    ASSERT_TRUE(sources);
    EXPECT_EQ(sources->provider_log, "");
}

}  // namespace
}  // namespace shop::audit
