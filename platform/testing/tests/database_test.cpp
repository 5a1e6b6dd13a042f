#include "platform/testing/database.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>

namespace platform::testing {
namespace {

TEST(Database, is_empty_own_and_gone_afterwards) {
    Database watcher;
    std::optional<Database> database(std::in_place);
    EXPECT_NE(watcher.url(), database->url());
    auto name = database->value("select current_database()");
    auto count = "select count(*) from pg_database where datname = '" + name + "'";
    EXPECT_EQ(watcher.value(count), "1");
    database.reset();
    EXPECT_EQ(watcher.value(count), "0");
}

TEST(Database, runs_several_statements_and_shows_the_last_rows) {
    Database database;
    auto rows =
        database.execute("create table t(a int, b text); insert into t values (1, null); select * from t");
    EXPECT_EQ(rows, (std::vector<std::vector<std::string>>{{"1", "null"}}));
    EXPECT_THROW(database.execute("select no"), std::runtime_error);
}

TEST(Database, names_itself_by_another_port) {
    Database database;
    auto url = database.url_at(4711);
    EXPECT_NE(url.find(":4711/shop_test_"), std::string::npos) << url;
    EXPECT_GT(database.port(), 0);
}

}  // namespace
}  // namespace platform::testing
