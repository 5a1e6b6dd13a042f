#include "platform/service/host.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <latch>
#include <thread>

#include "platform/http/client.hpp"
#include "platform/service/tests/keys.hpp"
#include "platform/testing/database.hpp"

namespace platform::service {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

struct Ports {};

/// A part that is used on the event loop all the time, and remembers what it was stopped by.
class Busy {
  public:
    explicit Busy(asio::io_context& io) : io_{io} {}
    void start() { asio::co_spawn(io_, work(), asio::detached); }
    void stop() {
        stopped_by = std::this_thread::get_id();
        stopped_ = true;
    }
    std::latch worked{100};
    std::thread::id works_on;
    std::thread::id stopped_by;

  private:
    awaitable<void> work() {
        works_on = std::this_thread::get_id();
        asio::steady_timer pause{io_};
        while (!stopped_) {
            if (!worked.try_wait()) worked.count_down();
            pause.expires_after(100us);
            co_await pause.async_wait(asio::use_awaitable);
        }
    }

    asio::io_context& io_;
    bool stopped_ = false;  // Not atomic: everything on one thread.
};

/// A part with a thread of its own.
struct Threaded {
    void stop_and_wait() { stopped_by = std::this_thread::get_id(); }
    std::thread::id stopped_by;
};

class HostTest : public ::testing::Test {
  protected:
    HostTest() {
        config.http_port = 0;
        config.database_url = config::PostgresUrl(database.url());
        config.jwt_public_keys = keys.path.string();
        config.drain_ms = 0ms;
        host = std::make_unique<Host>("sample", config, std::span<const postgres::Migration>{});
        host->add_api(http::Info{.title = "sample", .version = "1"}, Ports{});
    }

    Keys keys;
    platform::testing::Database database;
    ServiceConfig config;
    std::unique_ptr<Host> host;
};

// A thread sanitizer sees the race, too, if a part is stopped elsewhere than where it works.
TEST_F(HostTest, a_part_is_stopped_on_the_thread_that_it_works_on) {
    auto& busy = host->add<Busy>(host->io());
    auto& threaded = host->add<Threaded>();
    host->start();
    busy.worked.wait();
    EXPECT_TRUE(host->stop());
    EXPECT_EQ(busy.stopped_by, busy.works_on);
    EXPECT_NE(busy.works_on, std::this_thread::get_id());
    EXPECT_EQ(threaded.stopped_by, std::this_thread::get_id());
}

awaitable<void> find_the_database_gone(int times, int& tries) {
    if (++tries <= times) throw Unavailable("the database was restarted");
    co_return;
}

TEST_F(HostTest, a_start_goes_on_when_a_database_that_went_away_in_the_middle_is_back) {
    int tries = 0;
    host->at_start([&tries] { return find_the_database_gone(1, tries); });
    host->start();
    EXPECT_EQ(tries, 2);
    EXPECT_TRUE(host->stop());
}

TEST_F(HostTest, a_start_does_not_wait_for_ever) {
    config.database_start_ms = 0ms;
    host = std::make_unique<Host>("sample", config, std::span<const postgres::Migration>{});
    int tries = 0;
    host->at_start([&tries] { return find_the_database_gone(1'000, tries); });
    EXPECT_THROW(host->start(), Unavailable);
    EXPECT_EQ(tries, 1);
}

awaitable<void> ask(http::Client& client, asio::io_context& io, std::latch& asked, const bool& done) {
    asio::steady_timer pause{io};
    while (!done) {
        try {
            co_await client.send({.target = "/health/live"});
        } catch (const http::TransportError&) {
        }
        if (!asked.try_wait()) asked.count_down();
        pause.expires_after(100us);
        co_await pause.async_wait(asio::use_awaitable);
    }
}

struct Asking {
    Asking(http::Client& c, asio::io_context& i) : client{c}, io{i} {}
    void start() { asio::co_spawn(io, ask(client, io, asked, done), asio::detached); }
    void stop() { done = true; }
    http::Client& client;
    asio::io_context& io;
    std::latch asked{100};
    bool done = false;
};

TEST_F(HostTest, a_client_in_use_is_stopped_without_a_race) {
    // Nobody listens there: calls fail one after the other, which keeps the client busy up to the end.
    auto& asking = host->add<Asking>(
        host->add<http::Client>(host->io(), http::ClientConfig{.base_url = "http://127.0.0.1:1"}),
        host->io());
    host->start();
    asking.asked.wait();
    EXPECT_TRUE(host->stop());
}

awaitable<void> never_done(asio::io_context& io, std::latch& begun) {
    if (!begun.try_wait()) begun.count_down();
    asio::steady_timer hour{io, 1h};
    co_await hour.async_wait(asio::use_awaitable);
}

TEST_F(HostTest, loops_that_do_not_end_are_left_behind_together) {
    std::latch begun{3};
    for (const char* name : {"one", "two", "three"})
        host->repeat({name, 1ms}, [this, &begun] { return never_done(host->io(), begun); });
    host->start();
    begun.wait();
    const auto since = std::chrono::steady_clock::now();
    EXPECT_FALSE(host->stop()) << "something was still running";
    EXPECT_LT(std::chrono::steady_clock::now() - since, 4s);
}

const postgres::Statement<std::int64_t(std::int32_t, std::int64_t)> prune_things{"test.prune_things", R"sql(
with gone as (
    delete from things where ctid = any(array(
        select ctid from things where at < now() - make_interval(hours => $1)
        order by at limit $2 for update skip locked))
    returning 1)
select count(*) from gone)sql"};

TEST_F(HostTest, prunes_all_that_is_old_in_bounded_steps_and_counts_it) {
    database.execute(
        "create table things (id int, at timestamptz); create index on things (at); "
        "insert into things select i, now() - interval '30 hours' from generate_series(1, 2500) i; "
        "insert into things select i, now() - interval '20 hours' from generate_series(1, 10) i");
    host->prune("things", prune_things, 24h);
    host->start();
    auto& pruned = host->metrics().counter("rows_pruned_total", "", {{"table", "things"}});
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (pruned.value() < 2500 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    EXPECT_EQ(pruned.value(), 2500);
    EXPECT_EQ(database.value("select count(*) from things"), "10");
    EXPECT_TRUE(host->stop());
}

}  // namespace
}  // namespace platform::service
