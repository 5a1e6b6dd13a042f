#include "platform/postgres/pool.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "platform/postgres/tests/fixture.hpp"
#include "platform/testing/tcp_gate.hpp"

namespace platform::postgres {
namespace {

using namespace std::chrono_literals;

class PoolTest : public PostgresTest {
  protected:
    PoolConfig limited(std::size_t connections, std::chrono::milliseconds acquire,
                       std::size_t waiters = 100) const {
        auto changed = config();
        changed.connections_max = connections;
        changed.acquire_ms = acquire;
        changed.waiters_max = waiters;
        return changed;
    }
    double in_use() { return metrics.gauge("postgres_pool_in_use", "").value(); }
    double connections() { return metrics.gauge("postgres_pool_connections", "").value(); }
};

/// Holds a connection until told to let go, and notes the order of arrival.
struct Holder {
    bool go = false;
    std::vector<int> arrived;
};

awaitable<void> hold(Pool& pool, int name, Holder* holder) {
    auto tx = co_await pool.begin();
    tx.send(one);
    co_await tx.flush();
    holder->arrived.push_back(name);
    while (!holder->go) co_await boost::asio::post(boost::asio::use_awaitable);
    co_await tx.commit();
}

awaitable<void> pass_through(Pool& pool, int name, Holder* holder) {
    co_await pool.ping();
    holder->arrived.push_back(name);
}

awaitable<void> count_refusals(Pool& pool, int* refused, int* lost) {
    try {
        co_await pool.ping();
    } catch (const PoolExhausted&) {
        ++*refused;
    } catch (const ConnectionLost&) {
        ++*lost;
    }
}

TEST_F(PoolTest, opens_no_more_connections_than_allowed_and_keeps_them) {
    Pool small(io, limited(2, 5s), metrics);
    Holder holder;
    for (int i = 0; i < 6; ++i) spawn(hold(small, i, &holder));
    testing::run_until(io, [&] { return holder.arrived.size() == 2; });
    EXPECT_EQ(sessions(), 2);
    EXPECT_EQ(in_use(), 2);
    holder.go = true;
    testing::run_until(io, [&] { return holder.arrived.size() == 6 && in_use() == 0; });
    EXPECT_EQ(sessions(), 2);
    EXPECT_EQ(connections(), 2);
}

TEST_F(PoolTest, gives_up_after_the_acquire_deadline) {
    Pool small(io, limited(1, 20ms), metrics);
    Holder holder;
    spawn(hold(small, 0, &holder));
    testing::run_until(io, [&] { return holder.arrived.size() == 1; });
    EXPECT_THROW(run(small.ping()), PoolExhausted);
    EXPECT_THROW(run(small.ping()), Unavailable);
    holder.go = true;
    testing::run_until(io, [&] { return in_use() == 0; });
    run(small.ping());
}

TEST_F(PoolTest, serves_first_come_first_served) {
    Pool small(io, limited(1, 5s), metrics);
    Holder holder;
    spawn(hold(small, 0, &holder));
    testing::run_until(io, [&] { return holder.arrived.size() == 1; });
    for (int i = 1; i <= 4; ++i) spawn(pass_through(small, i, &holder));
    holder.go = true;
    testing::run_until(io, [&] { return holder.arrived.size() == 5; });
    EXPECT_EQ(holder.arrived, (std::vector{0, 1, 2, 3, 4}));
}

TEST_F(PoolTest, refuses_at_once_when_too_many_wait) {
    Pool small(io, limited(1, 5s, 2), metrics);
    Holder holder;
    spawn(hold(small, 0, &holder));
    testing::run_until(io, [&] { return holder.arrived.size() == 1; });
    int refused = 0, lost = 0;
    for (int i = 0; i < 5; ++i) spawn(count_refusals(small, &refused, &lost));
    testing::run_until(io, [&] { return refused == 3; });
    holder.go = true;
    testing::run_until(io, [&] { return in_use() == 0; });
    EXPECT_EQ(refused, 3);
}

TEST_F(PoolTest, a_cancelled_waiter_leaves_the_queue_and_takes_nothing_along) {
    Pool small(io, limited(1, 5s), metrics);
    Holder holder;
    spawn(hold(small, 0, &holder));
    testing::run_until(io, [&] { return holder.arrived.size() == 1; });
    boost::asio::cancellation_signal cancel;
    bool ended = false;
    boost::asio::co_spawn(
        io, small.ping(),
        boost::asio::bind_cancellation_slot(cancel.slot(), [&](auto error) { ended = error != nullptr; }));
    spawn(pass_through(small, 2, &holder));
    cancel.emit(boost::asio::cancellation_type::terminal);
    holder.go = true;
    testing::run_until(io, [&] { return holder.arrived.size() == 2; });
    EXPECT_TRUE(ended);
    EXPECT_EQ(sessions(), 1);
}

TEST_F(PoolTest, stop_closes_idle_connections_and_refuses_callers) {
    Pool small(io, limited(1, 5s), metrics);
    Holder holder;
    spawn(hold(small, 0, &holder));
    testing::run_until(io, [&] { return holder.arrived.size() == 1; });
    int refused = 0, lost = 0;
    spawn(count_refusals(small, &refused, &lost));
    run(pool.ping());  // The other one waits by now.
    pool.stop();
    small.stop();
    testing::run_until(io, [&] { return refused == 1; });
    EXPECT_THROW(run(small.ping()), PoolExhausted);
    // The one in use may finish.
    testing::run_until(io, [&] { return sessions() == 1; });
    holder.go = true;
    testing::run_until(io, [&] { return sessions() == 0; });
    EXPECT_EQ(holder.arrived.size(), 1u);
}

TEST_F(PoolTest, a_wrong_url_is_unavailable_and_names_no_password) {
    auto wrong = limited(1, 50ms);
    wrong.url = "postgresql://nobody:hush@127.0.0.1:1/none";
    Pool other(io, wrong, metrics);
    try {
        run(other.ping());
        FAIL() << "no error";
    } catch (const ConnectionLost& error) {
        EXPECT_THAT(error.what(), ::testing::HasSubstr("refused"));
        EXPECT_THAT(error.what(), ::testing::Not(::testing::HasSubstr("hush")));
    }
    wrong.url = "postgresql://host:hush:what";
    Pool garbled(io, wrong, metrics);
    EXPECT_THROW(run(garbled.ping()), ConnectionLost);
}

TEST_F(PoolTest, says_whether_connections_are_in_use_or_none_could_be_opened) {
    const auto refusal = [&](Pool& asked) -> std::string {
        try {
            run(asked.ping());
            return "none";
        } catch (const PoolExhausted& error) {
            return error.what();
        }
    };
    testing::TcpGate gate{database.host(), database.port()};
    gate.hold_replies();
    auto slow = limited(1, 20ms);
    slow.url = database.url_at(gate.port());
    Pool opening(io, slow, metrics);
    EXPECT_THAT(refusal(opening), ::testing::HasSubstr("no connection could be opened in time"));

    Pool small(io, limited(1, 20ms), metrics);
    Holder holder;
    spawn(hold(small, 0, &holder));
    testing::run_until(io, [&] { return holder.arrived.size() == 1; });
    EXPECT_THAT(refusal(small), ::testing::HasSubstr("all connections are in use"));
    holder.go = true;
    testing::run_until(io, [&] { return in_use() == 0; });
}

TEST_F(PoolTest, a_host_is_looked_up_by_name) {
    auto named = config();
    auto at = named.url.find("127.0.0.1");
    ASSERT_NE(at, std::string::npos) << "the test server is expected on 127.0.0.1";
    named.url.replace(at, 9, "localhost");
    Pool other(io, named, metrics);
    run(other.ping());
}

TEST_F(PoolTest, counts_and_times_what_it_does) {
    run(pool.run(insert_thing, 1, "one"));
    EXPECT_THROW(run(pool.run(insert_thing, 1, "one")), Error);
    auto text = metrics.text();
    for (auto expected :
         {"postgres_pool_connections 1", "postgres_pool_in_use 0", "postgres_pool_wait_seconds_count 2",
          "postgres_statement_seconds_count{statement=\"test.insert_thing\"} 1",
          "postgres_errors_total{class=\"23\"} 1"})
        EXPECT_THAT(text, ::testing::HasSubstr(expected));
    EXPECT_THAT(metrics.names(),
                ::testing::IsSupersetOf({"postgres_connect_failures_total", "postgres_errors_total",
                                         "postgres_pool_connections", "postgres_pool_in_use",
                                         "postgres_pool_wait_seconds", "postgres_statement_seconds"}));
}

}  // namespace
}  // namespace platform::postgres
