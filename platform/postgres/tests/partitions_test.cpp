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

struct Creating {
    bool done = false;
    std::string days_when_done;
    std::string failure;
};

awaitable<void> create_noting(Pool& pool, std::vector<PartitionedTable> tables,
                              std::chrono::milliseconds patience, std::function<std::string()> days,
                              Creating* creating) {
    try {
        co_await create_partitions(pool, std::move(tables), patience);
    } catch (const Unavailable& error) {
        creating->failure = error.what();
    }
    creating->days_when_done = days();
    creating->done = true;
}

TEST_F(PartitionsTest, two_replicas_that_start_at_once_both_find_their_partitions) {
    Pool other{io, config(), metrics};
    Creating first, second;
    spawn(create_noting(pool, tables, 10s, [&] { return days(); }, &first));
    spawn(create_noting(other, tables, 10s, [&] { return days(); }, &second));
    testing::run_until(io, [&] { return first.done && second.done; });
    EXPECT_EQ(first.days_when_done, "0 1 2");
    EXPECT_EQ(second.days_when_done, "0 1 2");
}

TEST_F(PartitionsTest, a_start_waits_for_the_replica_that_is_at_it) {
    database.execute("begin; select pg_advisory_xact_lock(7235101171)");
    Creating starting;
    spawn(create_noting(pool, tables, 10s, [&] { return days(); }, &starting));
    testing::run_until(io, [&] {
        return starting.done || database.value(
                                    "select count(*) from pg_locks where not granted and "
                                    "pg_backend_pid() = any(pg_blocking_pids(pid))") != "0";
    });
    EXPECT_FALSE(starting.done);
    database.execute("commit");
    testing::run_until(io, [&] { return starting.done; });
    EXPECT_EQ(starting.days_when_done, "0 1 2");
    EXPECT_EQ(starting.failure, "");
}

TEST_F(PartitionsTest, a_start_that_waits_in_vain_says_for_what) {
    database.execute("begin; lock table outbox_rest in access exclusive mode");
    Creating starting;
    spawn(create_noting(pool, tables, 300ms, [] { return std::string{}; }, &starting));
    testing::run_until(io, [&] { return starting.done; });
    EXPECT_THAT(starting.failure, ::testing::AllOf(::testing::HasSubstr("the partition of outbox for 20"),
                                                   ::testing::HasSubstr("300 ms")));
}

TEST_F(PartitionsTest, a_start_leaves_too_many_rows_in_default_where_they_are) {
    database.execute("insert into outbox (id) select generate_series(1, 20001)");
    run(create_partitions(pool, tables, 5s));
    EXPECT_EQ(days(), "1 2");
}

TEST_F(PartitionsTest, without_a_retention_nothing_is_dropped) {
    for (int day : {-400, -2}) create_day(day);
    database.execute(
        "insert into outbox values (1, current_date - 400, now()), (2, now() - interval '900 days', now())");
    run(maintain_partitions(pool, {{.name = "outbox"}}));
    EXPECT_EQ(days(), "-400 -2 0 1 2");
    EXPECT_EQ(database.value("select count(*) from outbox"), "2");
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
