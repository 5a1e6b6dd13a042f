#include "platform/postgres/errors.hpp"

#include <gtest/gtest.h>

#include "platform/postgres/statement.hpp"

namespace platform::postgres {
namespace {

template <class Expected>
bool throws_as(const char* sqlstate) {
    try {
        throw_failure({.sqlstate = sqlstate, .message = "m", .statement = "a.b"});
    } catch (const Expected&) {
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

TEST(Errors, what_may_succeed_when_asked_again_is_unavailable) {
    for (auto state : {"40001", "40P01", "53300", "53100", "55P03", "57014", "08006", "57P01", "57P02",
                       "57P03", "25P03", "25006"})
        EXPECT_TRUE(throws_as<platform::Unavailable>(state)) << state;
}

TEST(Errors, what_ends_the_connection_is_a_lost_connection) {
    for (auto state : {"08006", "57P01", "57P02", "57P03", "25P03"})
        EXPECT_TRUE(throws_as<ConnectionLost>(state)) << state;
    EXPECT_FALSE(throws_as<ConnectionLost>("40P01"));
}

TEST(Errors, what_fails_the_same_way_again_is_not_unavailable) {
    for (auto state : {"23505", "42601", "42P01", "22003", "25P02", "42501", "XX000", ""})
        EXPECT_TRUE(throws_as<Error>(state)) << state;
}

TEST(Errors, a_violated_check_stays_violated_but_a_row_overtaken_by_its_partition_is_sent_again) {
    EXPECT_THROW(throw_failure({.sqlstate = "23514", .constraint = "stock_not_oversold"}), Error);
    EXPECT_THROW(throw_failure({.sqlstate = "23514", .table = "inbox_default"}), TransientError);
}

TEST(Errors, every_one_is_caught_as_a_standard_exception_and_names_its_statement) {
    try {
        throw CommitUnknown({.sqlstate = "57P01", .message = "gone", .statement = "a.b"});
    } catch (const std::exception& error) {
        EXPECT_STREQ(error.what(), "a.b: gone (57P01)");
    }
}

TEST(StatementDeathTest, two_of_one_name_end_the_process) {
    const Statement<void()> first{"errors.same", "select 1"};
    EXPECT_DEATH((Statement<void()>{"errors.same", "select 2"}), "used once");
}

TEST(Statement, is_registered_for_as_long_as_it_lives) {
    auto registered = [] {
        for (auto* statement : registered_statements())
            if (std::string_view(statement->name()) == "errors.short_lived") return true;
        return false;
    };
    {
        const Statement<void()> short_lived{"errors.short_lived", "select 1"};
        EXPECT_TRUE(registered());
    }
    EXPECT_FALSE(registered());
}

}  // namespace
}  // namespace platform::postgres
