#include "platform/service/host.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>
#include <latch>
#include <thread>

#include "platform/http/client.hpp"
#include "platform/service/tests/keys.hpp"
#include "platform/testing/database.hpp"
#include "platform/testing/run.hpp"

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

/// Keeps whoever asks until it is told that the process wants to end.
class Patient {
  public:
    explicit Patient(asio::io_context& io) : bell_{io, 1h} {}
    void drain() { bell_.cancel(); }
    awaitable<void> wait() {
        asked.count_down();
        boost::system::error_code rung;
        co_await bell_.async_wait(asio::redirect_error(asio::use_awaitable, rung));
    }
    std::latch asked{1};

  private:
    asio::steady_timer bell_;
};

struct PatientPorts {
    Patient* patient;
};
enum class Refusal { none };
http::Problem problem_of(Refusal) { return http::problems::internal_error; }

awaitable<std::expected<http::NoContent, Refusal>> get_wait(PatientPorts ports) {
    co_await ports.patient->wait();
    co_return http::NoContent{};
}

int status_of_wait(unsigned short port) {
    asio::io_context io;
    http::Client client{io, {.base_url = "http://127.0.0.1:" + std::to_string(port)}};
    return platform::testing::run(io, client.send({.target = "/api/v1/wait"})).status;
}

TEST_F(HostTest, whoever_waits_is_answered_before_the_time_for_requests_is_over) {
    config.drain_requests_ms = 60'000ms;
    host = std::make_unique<Host>("sample", config, std::span<const postgres::Migration>{});
    auto& patient = host->add<Patient>(host->io());
    auto& api = host->add_api(http::Info{.title = "sample", .version = "1"}, PatientPorts{&patient});
    api.get("/wait", 204, &get_wait, {.access = http::Access::anyone});
    host->start();
    auto status = std::async(std::launch::async, status_of_wait, host->port());
    patient.asked.wait();
    const auto since = std::chrono::steady_clock::now();
    EXPECT_TRUE(host->stop());
    EXPECT_EQ(status.get(), 204);
    EXPECT_LT(std::chrono::steady_clock::now() - since, 30s);
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
