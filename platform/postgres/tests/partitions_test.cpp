#include "platform/postgres/partitions.hpp"

#include "platform/postgres/tests/fixture.hpp"

namespace platform::postgres {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;

class PartitionsTest : public PostgresTest {
  protected:
    PartitionsTest() {
        database.execute(R"sql(
set timezone = 'UTC';
create table outbox (id int, created_at timestamptz not null default now(), sent_at timestamptz,
                     primary key (id, created_at), constraint outbox_id_positive check (id > 0))
    partition by range (created_at);
create index outbox_unsent on outbox (created_at) where sent_at is null;
create table outbox_rest partition of outbox default)sql");
    }

    const std::vector<PartitionedTable> tables{
        {.name = "outbox", .retention = 24h, .keep_while = "sent_at is null"}};

    void maintain() { run(maintain_partitions(pool, tables)); }
    /// Days from today of the daily partitions, such as "0 1 2".
    std::string days() {
        return database.value(
            "select coalesce(string_agg((to_date(right(c.relname, 8), 'YYYYMMDD') - current_date)::text, ' ' "
            "order "
            "by c.relname), '') from pg_inherits join pg_class c on c.oid = inhrelid "
            "where inhparent = 'outbox'::regclass and c.relname like 'outbox\\_p%'");
    }
    void create_day(int day) {
        database.execute(
            "do $$ begin execute format('create table %I partition of outbox for values from (%L) to "
            "(%L)', 'outbox_p' || to_char(current_date + " +
            std::to_string(day) + ", 'YYYYMMDD'), current_date + " + std::to_string(day) +
            ", current_date + " + std::to_string(day + 1) + "); end $$");
    }
    std::string in_rest() { return database.value("select count(*) from only outbox_rest"); }
};

TEST_F(PartitionsTest, today_and_two_days_ahead_are_made_once) {
    maintain();
    EXPECT_EQ(days(), "0 1 2");
    maintain();
    EXPECT_EQ(days(), "0 1 2");
    database.execute("insert into outbox (id) values (1)");
    EXPECT_EQ(in_rest(), "0");
    EXPECT_EQ(database.value("select count(*) from pg_indexes where tablename like 'outbox\\_p%'"), "6");
    EXPECT_THROW(database.execute("insert into outbox (id) values (0)"), std::runtime_error);
    EXPECT_THROW(database.execute("insert into outbox (id, created_at) select id, created_at from outbox"),
                 std::runtime_error);
}

TEST_F(PartitionsTest, rows_that_already_lie_in_default_move_to_their_day) {
    database.execute(
        "insert into outbox (id) values (1), (2); "
        "insert into outbox (id, created_at) values (3, now() + interval '1 day')");
    EXPECT_EQ(in_rest(), "3");
    maintain();
    EXPECT_EQ(days(), "0 1 2");
    EXPECT_EQ(in_rest(), "0");
    EXPECT_EQ(database.value("select count(*) from outbox"), "3");
}

TEST_F(PartitionsTest, too_many_rows_in_default_stay_there) {
    database.execute("insert into outbox (id) select generate_series(1, 20001)");
    maintain();
    EXPECT_EQ(days(), "1 2");
    EXPECT_EQ(in_rest(), "20001");
}

TEST_F(PartitionsTest, expired_days_are_dropped_unless_they_hold_a_row_to_keep) {
    for (int day : {-4, -3, -2, -1}) create_day(day);
    database.execute(
        "insert into outbox values (1, current_date - 4, now()), (2, current_date - 3, null), "
        "(3, current_date - 2, now())");
    maintain();
    EXPECT_EQ(days(), "-3 -1 0 1 2");
    database.execute("update outbox set sent_at = now()");
    maintain();
    EXPECT_EQ(days(), "-1 0 1 2");
}

TEST_F(PartitionsTest, expired_rows_in_default_are_deleted_unless_to_be_kept) {
    database.execute(
        "insert into outbox values (1, now() - interval '30 hours', now()), "
        "(2, now() - interval '30 hours', null), (3, now() - interval '3 hours', now()), "
        "(4, now() + interval '9 days', now())");
    maintain();
    EXPECT_EQ(database.value("select string_agg(id::text, ' ' order by id) from outbox"), "2 3 4");
}

awaitable<void> maintain_noting(Pool& pool, std::vector<PartitionedTable> tables, int* done) {
    co_await maintain_partitions(pool, std::move(tables));
    ++*done;
}

TEST_F(PartitionsTest, several_replicas_at_once_do_it_once) {
    int done = 0;
    for (int day : {-4, -3}) create_day(day);
    for (int i = 0; i < 4; ++i) spawn(maintain_noting(pool, tables, &done));
    testing::run_until(io, [&] { return done == 4; });
    maintain();  // What one left to another that failed, if any did.
    EXPECT_EQ(days(), "0 1 2");
}

TEST_F(PartitionsTest, gives_up_rather_than_wait_behind_traffic) {
    create_day(-4);
    database.execute("begin; insert into outbox (id, created_at) values (1, current_date - 3)");
    auto since = std::chrono::steady_clock::now();
    maintain();
    EXPECT_LT(std::chrono::steady_clock::now() - since, 5s);
    EXPECT_EQ(days(), "-4");
    database.execute("commit");
    maintain();
    EXPECT_EQ(days(), "0 1 2");
}

TEST_F(PartitionsTest, a_table_that_is_not_partitioned_so_is_an_error) {
    EXPECT_THROW(run(maintain_partitions(pool, {{.name = "things", .retention = 24h}})), Error);
    EXPECT_THROW(run(maintain_partitions(pool, {{.name = "nothing", .retention = 24h}})), Error);
}

}  // namespace
}  // namespace platform::postgres
