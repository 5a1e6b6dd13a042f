#include "platform/postgres/migrate.hpp"

#include <thread>

#include "platform/postgres/tests/fixture.hpp"

namespace platform::postgres {
namespace {

class MigrateTest : public PostgresTest {
  protected:
    using List = std::vector<Migration>;

    /// What migrate says about the list, or nothing.
    std::string complaint(const List& list) {
        try {
            migrate(database.url(), list);
            return "";
        } catch (const Error& error) {
            return error.what();
        }
    }
    std::string applied() {
        return database.value("select string_agg(name, ' ' order by name) from schema_migrations");
    }

    const List two{{"0001_orders", "-- Orders.\ncreate table orders (id int);\ncreate index on orders (id);"},
                   {"0002_lines", "create table lines (id int); insert into lines values (1)"}};
};

TEST_F(MigrateTest, applies_each_migration_once_and_in_order) {
    EXPECT_EQ(complaint(List(two.begin(), two.begin() + 1)), "");
    EXPECT_EQ(complaint(two), "");
    EXPECT_EQ(complaint(two), "");
    EXPECT_EQ(applied(), "0001_orders 0002_lines");
    EXPECT_EQ(database.value("select count(*) from lines"), "1");
    EXPECT_EQ(database.value("select sha256 from schema_migrations where name = '0002_lines'"),
              database.value("select encode(sha256('" + std::string(two[1].sql) + "'), 'hex')"));
}

TEST_F(MigrateTest, readiness_follows_what_is_applied) {
    EXPECT_FALSE(run(migrated(pool, two)));
    migrate(database.url(), std::span(two).first(1));
    EXPECT_FALSE(run(migrated(pool, two)));
    migrate(database.url(), two);
    EXPECT_TRUE(run(migrated(pool, two)));
}

TEST_F(MigrateTest, many_processes_at_once_apply_everything_once) {
    List slow = two;
    slow.push_back({"0003_slow", "insert into lines select 2 from pg_sleep(0.05)"});
    std::vector<std::string> complaints(3, "not run");
    {
        std::vector<std::jthread> processes;
        for (auto& each : complaints) processes.emplace_back([&] { each = complaint(slow); });
    }
    EXPECT_THAT(complaints, ::testing::Each(""));
    EXPECT_EQ(database.value("select count(*) from lines"), "2");
}

TEST_F(MigrateTest, a_failure_names_file_and_place_and_leaves_nothing_behind) {
    List broken = two;
    broken.push_back(
        {"0003_broken", "create table half (id int);\n-- Größe\ninsert into nowhere values (1);"});
    EXPECT_EQ(
        complaint(broken),
        "postgres: migration 0003_broken, line 3, column 13: relation \"nowhere\" does not exist (42P01)");
    EXPECT_EQ(applied(), "0001_orders 0002_lines");
    EXPECT_EQ(database.value("select to_regclass('half') is null"), "t");
    broken.back() = {"0003_broken",
                     "alter table orders add constraint positive check (id > 0);\n"
                     "insert into orders values (0)"};
    EXPECT_THAT(complaint(broken),
                ::testing::HasSubstr("migration 0003_broken: new row for relation \"orders\""));
}

TEST_F(MigrateTest, an_applied_file_that_was_changed_is_refused) {
    migrate(database.url(), two);
    List changed = two;
    changed[0].sql = "create table orders (id bigint)";
    EXPECT_THAT(complaint(changed), ::testing::HasSubstr("migration 0001_orders: was changed after"));
}

TEST_F(MigrateTest, a_new_file_before_an_applied_one_is_refused) {
    migrate(database.url(), std::span(two).last(1));
    EXPECT_THAT(complaint(two), ::testing::HasSubstr("migration 0001_orders: sorts before 0002_lines"));
}

TEST_F(MigrateTest, an_older_release_accepts_a_newer_database) {
    migrate(database.url(), two);
    EXPECT_EQ(complaint(List(two.begin(), two.begin() + 1)), "");
}

TEST_F(MigrateTest, a_file_that_commits_by_itself_is_refused) {
    EXPECT_THAT(complaint({{"0001_own", "create table a (id int); commit"}}),
                ::testing::HasSubstr("migration 0001_own: ends its own transaction"));
}

TEST_F(MigrateTest, gives_up_when_a_table_stays_locked) {
    migrate(database.url(), two);
    database.execute("begin; lock table orders");
    List more = two;
    more.push_back({"0003_more", "alter table orders add column more int"});
    EXPECT_THROW(migrate(database.url(), more, {.lock_ms = std::chrono::milliseconds(20)}), TransientError);
    database.execute("rollback");
    migrate(database.url(), more);
}

TEST_F(MigrateTest, without_a_server_it_is_a_lost_connection) {
    EXPECT_THROW(migrate("postgresql://postgres@127.0.0.1:1/none", two), ConnectionLost);
}

}  // namespace
}  // namespace platform::postgres
