#include "platform/postgres/transaction.hpp"

#include "platform/postgres/tests/fixture.hpp"
#include "platform/testing/tcp_gate.hpp"

namespace platform::postgres {
namespace {

struct Thing {
    std::int64_t id;
    std::string name;
};
BOOST_DESCRIBE_STRUCT(Thing, (), (id, name))

const Statement<std::vector<Thing>()> all_things{"test.all_things",
                                                 "select id, name from things order by id"};
const Statement<Thing(std::int64_t)> one_thing{"test.one_thing", "select id, name from things where id = $1"};
const Statement<RowCount()> rename_all{"test.rename_all", "update things set name = name || '!'"};
const Statement<std::int64_t(std::int64_t)> divide{"test.divide", "select 10 / $1"};

using TransactionTest = PostgresTest;

awaitable<std::vector<Thing>> insert_two_and_read(Pool& pool) {
    auto tx = co_await pool.begin();
    tx.send(insert_thing, 1, "one");
    tx.send(insert_thing, 2, "two");
    auto things = tx.send(all_things);
    co_await tx.commit();
    co_return things.get();
}

TEST_F(TransactionTest, commits_what_was_sent_and_gives_typed_rows) {
    auto things = run(insert_two_and_read(pool));
    ASSERT_EQ(things.size(), 2u);
    EXPECT_EQ(things[1].id, 2);
    EXPECT_EQ(things[1].name, "two");
    EXPECT_EQ(count_things(), "2");
}

TEST_F(TransactionTest, begin_statements_and_commit_are_one_round_trip) {
    testing::TcpGate gate(database.host(), database.port());
    auto through_gate = config();
    through_gate.url = database.url_at(gate.port());
    Pool slow(io, through_gate, metrics);
    run(slow.ping());
    auto turns = gate.turns();
    run(insert_two_and_read(slow));
    EXPECT_EQ(gate.turns() - turns, 1u);
    database.execute("truncate things");
    run(insert_two_and_read(slow));
    EXPECT_EQ(gate.turns() - turns, 2u);
}

awaitable<void> leave_uncommitted(Pool& pool) {
    auto tx = co_await pool.begin();
    tx.send(insert_thing, 1, "one");
    co_await tx.flush();
}

TEST_F(TransactionTest, is_rolled_back_when_dropped_and_its_connection_serves_again) {
    run(leave_uncommitted(pool));
    run(pool.ping());
    EXPECT_EQ(count_things(), "0");
    testing::run_until(io, [&] {
        return database.value(
                   "select count(*) from pg_stat_activity where state like 'idle in transaction%'") == "0";
    });
    EXPECT_LE(sessions(), 2);
}

awaitable<void> roll_back(Pool& pool) {
    auto tx = co_await pool.begin();
    tx.send(insert_thing, 1, "one");
    co_await tx.flush();
    co_await tx.rollback();
}

TEST_F(TransactionTest, rolls_back_when_told_to) {
    run(roll_back(pool));
    run(pool.ping());
    EXPECT_EQ(count_things(), "0");
    EXPECT_EQ(sessions(), 1);
}

awaitable<void> commit_nothing(Pool& pool) {
    auto tx = co_await pool.begin();
    co_await tx.flush();
    co_await tx.commit();
}

TEST_F(TransactionTest, an_empty_one_commits_without_a_word) { run(commit_nothing(pool)); }

awaitable<void> insert_twice_the_same(Pool& pool, bool flush_before) {
    auto tx = co_await pool.begin();
    tx.send(insert_thing, 1, "one");
    if (flush_before) co_await tx.flush();
    tx.send(insert_thing, 2, "one");
    tx.send(insert_thing, 3, "three");
    co_await tx.commit();
}

TEST_F(TransactionTest, a_unique_violation_names_constraint_table_and_statement) {
    for (bool flush_before : {false, true}) {
        try {
            run(insert_twice_the_same(pool, flush_before));
            FAIL() << "no error";
        } catch (const Error& error) {
            EXPECT_EQ(error.sqlstate(), "23505");
            EXPECT_EQ(error.constraint(), "things_name_key");
            EXPECT_EQ(error.table(), "things");
            EXPECT_EQ(error.statement(), "test.insert_thing");
            EXPECT_FALSE(error.transient());
            EXPECT_EQ(std::string(error.what()).find("one"), std::string::npos) << "quotes a row's value";
        }
    }
    EXPECT_EQ(count_things(), "0");
    // The same connections go on serving, prepared statements and all.
    run(insert_two_and_read(pool));
    EXPECT_EQ(count_things(), "2");
}

awaitable<std::string> use_after_failure(Pool& pool) {
    auto tx = co_await pool.begin();
    auto failing = tx.send(divide, 0);
    try {
        co_await tx.flush();
    } catch (const Error&) {
    }
    tx.send(insert_thing, 1, "one");
    try {
        co_await tx.commit();
    } catch (const Error& error) {
        co_return error.sqlstate();
    }
    co_return "";
}

TEST_F(TransactionTest, is_dead_after_a_failure) {
    EXPECT_EQ(run(use_after_failure(pool)), "25P02");
    EXPECT_EQ(count_things(), "0");
}

awaitable<std::vector<std::int64_t>> results_before_failure(Pool& pool) {
    auto tx = co_await pool.begin();
    auto five = tx.send(divide, 2);
    tx.send(divide, 0);
    auto error = std::string();
    try {
        co_await tx.flush();
    } catch (const Error& failure) {
        error = failure.sqlstate();
    }
    EXPECT_EQ(error, "22012");
    co_return std::vector<std::int64_t>{five.get()};
}

TEST_F(TransactionTest, what_was_answered_before_the_failure_can_be_read) {
    EXPECT_EQ(run(results_before_failure(pool)).front(), 5);
}

TEST_F(TransactionTest, a_failed_constraint_at_commit_is_an_error_of_the_transaction) {
    database.execute(
        "create table parts (thing bigint constraint parts_thing_fkey references things deferrable "
        "initially deferred)");
    const Statement<void()> insert_part{"test.insert_part", "insert into parts values (99)"};
    auto commit = [&]() -> awaitable<void> { return pool.run(insert_part); };
    try {
        run(commit());
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.constraint(), "parts_thing_fkey");
    }
    run(pool.ping());
    EXPECT_EQ(sessions(), 1) << "the connection is as good as before";
}

awaitable<void> commit_swallowed_failure(Pool& pool) {
    auto tx = co_await pool.begin();
    tx.send_text("insert into things values (1, 'one')");
    // The transaction fails within the server without an error for the client's statement that follows.
    tx.send_text("rollback");
    tx.send_text("begin");
    co_await tx.flush();
    tx.send_text("rollback");
    tx.send_text("start transaction");
    co_await tx.commit();
}

TEST_F(TransactionTest, texts_are_sent_in_order) {
    run(commit_swallowed_failure(pool));
    EXPECT_EQ(count_things(), "0");
}

awaitable<Thing> exactly_one(Pool& pool, std::int64_t id) { co_return co_await pool.run(one_thing, id); }

TEST_F(TransactionTest, the_number_of_rows_is_part_of_the_signature) {
    run(insert_two_and_read(pool));
    EXPECT_EQ(run(exactly_one(pool, 2)).name, "two");
    EXPECT_THROW(run(exactly_one(pool, 3)), Error);
    EXPECT_EQ(run(pool.run(find_thing, 1)), "one");
    EXPECT_EQ(run(pool.run(find_thing, 3)), std::nullopt);
    EXPECT_EQ(run(pool.run(rename_all)).rows, 2);
    const Statement<std::optional<std::string>()> names{"test.too_many_names", "select name from things"};
    EXPECT_THROW(run(pool.run(names)), Error);
}

awaitable<std::size_t> send_much(Pool& pool, std::string text, int times) {
    const Statement<std::string(std::string)> echo{"test.echo", "select $1"};
    auto tx = co_await pool.begin();
    std::vector<Pending<std::string>> answers;
    for (int i = 0; i < times; ++i) answers.push_back(tx.send(echo, text));
    co_await tx.commit();
    std::size_t bytes = 0;
    for (auto& answer : answers) bytes += answer.get().size();
    co_return bytes;
}

TEST_F(TransactionTest, a_flight_larger_than_all_socket_buffers_does_not_lock_up) {
    EXPECT_EQ(run(send_much(pool, std::string(1'000'000, 'x'), 40)), 40'000'000u);
}

}  // namespace
}  // namespace platform::postgres
