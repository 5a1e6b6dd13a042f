#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "platform/postgres/tests/fixture.hpp"
#include "platform/testing/tcp_gate.hpp"

namespace platform::postgres {
namespace {

using namespace std::chrono_literals;

const Statement<void(double)> short_sleep{"test.short_sleep", "select pg_sleep($1)", 30ms};
const Statement<void(double)> long_sleep{"test.long_sleep", "select pg_sleep($1)", 20s};
const Statement<std::string()> statement_timeout{"test.statement_timeout", "show statement_timeout"};
const Statement<std::string()> statement_timeout_of_own{"test.statement_timeout_of_own",
                                                        "show statement_timeout", 1234ms};
const Statement<std::string(std::string)> setting{"test.setting", "select current_setting($1)"};

class FailureTest : public PostgresTest {
  protected:
    FailureTest() { database.execute("insert into things values (1, 'one'), (2, 'two')"); }

    PoolConfig through_gate() const {
        auto changed = config();
        changed.url = database.url_at(gate.port());
        return changed;
    }
    bool server_shows(std::string_view query_part) {
        return database.value(
                   "select count(*) from pg_stat_activity where state = 'active' and pid <> "
                   "pg_backend_pid() and query like '%" +
                   std::string(query_part) + "%'") != "0";
    }

    testing::TcpGate gate{database.host(), database.port()};
};

template <class Failure>
std::string sqlstate_of(auto act) {
    try {
        act();
    } catch (const Failure& failure) {
        return failure.sqlstate();
    }
    return "no failure";
}

/// Runs it beside the test; what becomes of it is in `outcome`: "running", "done" or the type of the
/// exception.
awaitable<void> note(awaitable<void> act, std::string* outcome) {
    *outcome = "running";
    try {
        co_await std::move(act);
        *outcome = "done";
    } catch (const CommitUnknown&) {
        *outcome = "CommitUnknown";
    } catch (const ConnectionLost&) {
        *outcome = "ConnectionLost";
    } catch (const TransientError& error) {
        *outcome = error.sqlstate();
    } catch (const boost::system::system_error& error) {
        *outcome = error.code() == boost::asio::error::operation_aborted ? "cancelled" : error.what();
    }
}

awaitable<void> lock_then(Pool& pool, std::int64_t first, std::int64_t second, bool* locked, bool* go) {
    auto tx = co_await pool.begin();
    tx.send(lock_thing, first);
    co_await tx.flush();
    *locked = true;
    while (!*go) co_await pool.ping();
    tx.send(lock_thing, second);
    co_await tx.commit();
}

TEST_F(FailureTest, a_deadlock_is_transient_and_the_other_transaction_goes_on) {
    bool locked[2] = {false, false}, go = false;
    std::string outcome[2];
    spawn(note(lock_then(pool, 1, 2, &locked[0], &go), &outcome[0]));
    spawn(note(lock_then(pool, 2, 1, &locked[1], &go), &outcome[1]));
    testing::run_until(io, [&] { return locked[0] && locked[1]; });
    go = true;
    testing::run_until(io, [&] { return outcome[0] != "running" && outcome[1] != "running"; });
    EXPECT_THAT(outcome, ::testing::UnorderedElementsAre("done", "40P01"));
}

awaitable<void> lock_one(Pool& pool) {
    auto tx = co_await pool.begin();
    tx.send(lock_thing, 1);
    co_await tx.commit();
}

TEST_F(FailureTest, a_lock_that_is_not_to_be_had_in_time_is_transient) {
    auto hasty = config();
    hasty.lock_ms = 20ms;
    Pool other(io, hasty, metrics);
    database.execute("begin; select * from things for update");
    EXPECT_EQ(sqlstate_of<TransientError>([&] { run(lock_one(other)); }), "55P03");
    database.execute("rollback");
    run(lock_one(other));
}

TEST_F(FailureTest, a_statement_over_its_own_timeout_is_cancelled_by_the_server) {
    EXPECT_EQ(sqlstate_of<TransientError>([&] { run(pool.run(short_sleep, 10)); }), "57014");
    run(pool.ping());
    EXPECT_EQ(sessions(), 1) << "the connection goes on";
}

awaitable<std::vector<std::string>> limits_in_turn(Pool& pool) {
    auto tx = co_await pool.begin();
    auto before = tx.send(statement_timeout);
    auto own = tx.send(statement_timeout_of_own);
    co_await tx.flush();
    auto own_again = tx.send(statement_timeout_of_own);
    auto after = tx.send(statement_timeout);
    co_await tx.commit();
    co_return std::vector{before.get(), own.get(), own_again.get(), after.get()};
}

TEST_F(FailureTest, a_statement_s_own_timeout_holds_for_that_statement_only) {
    EXPECT_EQ(run(limits_in_turn(pool)), (std::vector<std::string>{"5s", "1234ms", "1234ms", "5s"}));
    EXPECT_EQ(run(pool.run(statement_timeout_of_own)), "1234ms");
    EXPECT_EQ(run(pool.run(statement_timeout)), "5s");
}

awaitable<void> time_out_then_roll_back(Pool& pool) {
    auto tx = co_await pool.begin();
    tx.send(short_sleep, 10);
    co_await tx.flush();
}

TEST_F(FailureTest, a_transaction_that_timed_out_is_rolled_back_and_its_connection_kept) {
    EXPECT_THROW(run(time_out_then_roll_back(pool)), TransientError);
    run(pool.ping());
    run(pool.ping());
    testing::run_until(io, [&] { return sessions() >= 1; });
    EXPECT_EQ(run(pool.run(statement_timeout)), "5s");
    EXPECT_EQ(metrics.gauge("postgres_pool_in_use", "").value(), 0);
}

TEST_F(FailureTest, the_session_has_its_limits_whatever_the_role_says) {
    database.execute("alter role current_user in database " + database.value("select current_database()") +
                     " set synchronous_commit = off");
    Pool fresh(io, config(), metrics);
    auto value = [&](const char* name) { return run(fresh.run(setting, name)); };
    EXPECT_EQ(value("synchronous_commit"), "on");
    EXPECT_EQ(value("lock_timeout"), "2s");
    EXPECT_EQ(value("idle_in_transaction_session_timeout"), "3s");
    EXPECT_EQ(value("timezone"), "UTC");
    EXPECT_EQ(value("application_name"), "shop");
    EXPECT_EQ(value("default_transaction_isolation"), "read committed");
}

TEST_F(FailureTest, a_server_that_does_not_answer_costs_the_connection_after_the_deadline) {
    auto hasty = through_gate();
    hasty.statement_ms = 20ms;
    hasty.grace_ms = 20ms;
    Pool other(io, hasty, metrics);
    run(other.ping());
    gate.hold_replies();
    EXPECT_THROW(run(other.ping()), ConnectionLost);
    gate.release_replies();
    run(other.ping());
    EXPECT_EQ(gate.accepted(), 2u);
}

awaitable<void> sleep_in_transaction(Pool& pool) {
    auto tx = co_await pool.begin();
    tx.send(insert_thing, 3, "three");
    tx.send(long_sleep, 19);
    co_await tx.commit();
}

TEST_F(FailureTest, a_connection_killed_before_commit_was_reached_is_lost_not_unknown) {
    std::string outcome;
    spawn(note(sleep_in_transaction(pool), &outcome));
    testing::run_until(io, [&] { return server_shows("pg_sleep"); });
    database.terminate_others();
    testing::run_until(io, [&] { return outcome != "running"; });
    EXPECT_EQ(outcome, "ConnectionLost");
    EXPECT_EQ(count_things(), "2");
    run(pool.ping());
}

awaitable<void> insert_and_commit(Pool& pool) {
    auto tx = co_await pool.begin();
    tx.send(insert_thing, 3, "three");
    co_await tx.commit();
}

TEST_F(FailureTest, a_connection_lost_during_commit_leaves_the_outcome_unknown) {
    Pool other(io, through_gate(), metrics);
    run(other.ping());
    gate.hold_replies();
    std::string outcome;
    spawn(note(insert_and_commit(other), &outcome));
    testing::run_until(io, [&] { return count_things() == "3"; });
    EXPECT_EQ(outcome, "running");
    gate.cut();
    testing::run_until(io, [&] { return outcome != "running"; });
    EXPECT_EQ(outcome, "CommitUnknown");
}

awaitable<void> commit_after(Pool& pool, bool* ready, bool* go) {
    auto tx = co_await pool.begin();
    tx.send(insert_thing, 3, "three");
    co_await tx.flush();
    *ready = true;
    while (!*go) co_await pool.ping();
    co_await tx.commit();
}

TEST_F(FailureTest, a_connection_killed_between_flight_and_commit_is_not_committed) {
    bool ready = false, go = false;
    std::string outcome;
    spawn(note(commit_after(pool, &ready, &go), &outcome));
    testing::run_until(io, [&] { return ready; });
    database.execute(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity where state = 'idle in transaction' "
        "and "
        "datname = current_database()");
    go = true;
    testing::run_until(io, [&] { return outcome != "running"; });
    EXPECT_EQ(outcome, "ConnectionLost");
    EXPECT_EQ(count_things(), "2");
}

TEST_F(FailureTest, a_connection_that_died_while_idle_is_replaced_before_anything_is_sent) {
    run(pool.ping());
    ASSERT_EQ(database.terminate_others(), 1);
    run(pool.ping());
    ASSERT_EQ(database.terminate_others(), 1);
    run(insert_and_commit(pool));
    EXPECT_EQ(count_things(), "3");
}

awaitable<void> begin_wait_and_insert(Pool& pool, bool* begun, bool* go) {
    auto tx = co_await pool.begin();
    *begun = true;
    while (!*go) co_await boost::asio::post(boost::asio::use_awaitable);
    tx.send(insert_thing, 3, "three");
    co_await tx.commit();
}

TEST_F(FailureTest, a_transaction_survives_a_connection_that_dies_before_its_first_flight) {
    bool begun = false, go = false;
    std::string outcome;
    spawn(note(begin_wait_and_insert(pool, &begun, &go), &outcome));
    testing::run_until(io, [&] { return begun; });
    database.terminate_others();
    go = true;
    testing::run_until(io, [&] { return outcome != "running"; });
    EXPECT_EQ(outcome, "done");
    EXPECT_EQ(count_things(), "3");
}

TEST_F(FailureTest, a_server_that_is_down_is_unavailable_in_time_and_used_again_when_back) {
    auto hasty = through_gate();
    hasty.acquire_ms = 50ms;
    Pool other(io, hasty, metrics);
    run(other.ping());
    gate.close();
    gate.cut();
    for (int i = 0; i < 3; ++i) {
        auto since = std::chrono::steady_clock::now();
        EXPECT_THROW(run(other.ping()), ConnectionLost);
        EXPECT_LT(std::chrono::steady_clock::now() - since, 2s);
    }
    EXPECT_GE(metrics.counter("postgres_connect_failures_total", "").value(), 1);
    gate.open();
    bool back = false;
    testing::run_until(io, [&] {
        try {
            run(other.ping());
            back = true;
        } catch (const Unavailable&) {
        }
        return back;
    });
}

TEST_F(FailureTest, a_cancelled_flight_costs_the_connection_and_nothing_is_committed) {
    boost::asio::cancellation_signal cancel;
    std::string outcome;
    boost::asio::co_spawn(io, note(sleep_in_transaction(pool), &outcome),
                          boost::asio::bind_cancellation_slot(cancel.slot(), boost::asio::detached));
    testing::run_until(io, [&] { return server_shows("pg_sleep"); });
    cancel.emit(boost::asio::cancellation_type::terminal);
    testing::run_until(io, [&] { return outcome != "running"; });
    EXPECT_EQ(outcome, "cancelled");
    // The server stops the work as well: it looks after its client once a second.
    testing::run_until(io, [&] { return sessions() == 0; });
    EXPECT_EQ(count_things(), "2");
    run(pool.ping());
}

TEST_F(FailureTest, a_context_destroyed_in_mid_flight_takes_everything_with_it) {
    auto own_io = std::make_unique<boost::asio::io_context>();
    auto own_pool = std::make_unique<Pool>(*own_io, config(), metrics);
    std::string outcome[3];
    for (auto& each : outcome)
        boost::asio::co_spawn(*own_io, note(sleep_in_transaction(*own_pool), &each), boost::asio::detached);
    testing::run_until(*own_io, [&] { return server_shows("pg_sleep"); });
    own_pool.reset();
    own_io.reset();
    EXPECT_EQ(outcome[0], "running");
    testing::run_until(io, [&] { return sessions() == 0; });
    EXPECT_EQ(count_things(), "2");
}

}  // namespace
}  // namespace platform::postgres
