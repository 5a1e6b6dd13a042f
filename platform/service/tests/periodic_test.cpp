#include "platform/service/periodic.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/packaged_task.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <latch>
#include <stdexcept>
#include <thread>

#include "platform/base/errors.hpp"

namespace platform::service {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using Next = Periodic::Next;

class PeriodicTest : public testing::Test {
  protected:
    ~PeriodicTest() override {
        work_.reset();
        thread_.join();
    }

    void on_loop(std::function<void()> call) { asio::post(io, std::packaged_task<void()>{call}).get(); }
    void start(Periodic& periodic) {
        on_loop([&] { periodic.start(); });
    }
    bool stop(Periodic& periodic, std::chrono::milliseconds patience = 10s) {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        return asio::co_spawn(io, periodic.stop(deadline), asio::use_future).get();
    }
    double failures() { return metrics.counter("background_failures_total", "", {{"work", "test"}}).value(); }

    telemetry::Metrics metrics;
    asio::io_context io;

  private:
    asio::executor_work_guard<asio::io_context::executor_type> work_{io.get_executor()};
    std::thread thread_{[this] { io.run(); }};
};

awaitable<Next> count_down(std::latch& latch, Next next) {
    if (!latch.try_wait()) latch.count_down();
    co_return next;
}

/// Gives way to the loop, as every turn that asks a database does, and is never done.
awaitable<Next> endless(asio::io_context& io, std::latch& latch) {
    co_await asio::post(io, asio::use_awaitable);
    co_return co_await count_down(latch, Next::at_once);
}

/// Fails in the first two turns, once in each of two ways.
awaitable<Next> fail_at_times(std::latch& latch, int& turns) {
    ++turns;
    if (turns == 1) throw Unavailable("away");
    if (turns == 2) throw std::runtime_error("broken");
    co_return co_await count_down(latch, Next::after_interval);
}

awaitable<Next> slow(asio::io_context& io, std::latch& begun, bool& ended) {
    begun.count_down();
    asio::steady_timer timer{io, 50ms};
    co_await timer.async_wait(asio::use_awaitable);
    ended = true;
    co_return Next::after_interval;
}

awaitable<Next> hang(asio::steady_timer& never, std::latch& begun) {
    begun.count_down();
    co_await never.async_wait(asio::use_awaitable);
    co_return Next::after_interval;
}

TEST_F(PeriodicTest, works_at_once_and_again_and_again) {
    std::latch thrice{3};
    Periodic periodic{io, {"test", 1ms}, [&] { return count_down(thrice, Next::after_interval); }, metrics};
    start(periodic);
    thrice.wait();
    EXPECT_TRUE(stop(periodic));
}

TEST_F(PeriodicTest, goes_on_after_a_failure_and_counts_it) {
    std::latch thrice{3};
    int turns = 0;
    Periodic periodic{io, {"test", 1ms}, [&] { return fail_at_times(thrice, turns); }, metrics};
    start(periodic);
    thrice.wait();
    EXPECT_TRUE(stop(periodic));
    EXPECT_EQ(failures(), 2);
}

TEST_F(PeriodicTest, work_that_is_never_done_ends_between_two_turns) {
    std::latch thrice{3};
    Periodic periodic{io, {"test", 1h}, [&] { return endless(io, thrice); }, metrics};
    start(periodic);
    thrice.wait();
    EXPECT_TRUE(stop(periodic));
}

TEST_F(PeriodicTest, stop_waits_for_the_turn_under_way_but_not_for_the_next) {
    std::latch begun{1};
    bool ended = false;
    Periodic periodic{io, {"test", 1h}, [&] { return slow(io, begun, ended); }, metrics};
    start(periodic);
    begun.wait();
    EXPECT_TRUE(stop(periodic));
    EXPECT_TRUE(ended);
    EXPECT_TRUE(stop(periodic));
}

TEST_F(PeriodicTest, stop_does_not_wait_past_its_deadline) {
    std::latch begun{1};
    asio::steady_timer never{io, 1h};
    Periodic periodic{io, {"test", 1h}, [&] { return hang(never, begun); }, metrics};
    start(periodic);
    begun.wait();
    EXPECT_FALSE(stop(periodic, 20ms));
    on_loop([&] { never.cancel(); });
    EXPECT_TRUE(stop(periodic));
}

TEST_F(PeriodicTest, does_not_start_once_it_has_been_stopped) {
    Periodic periodic{
        io, {"test", 1h}, []() -> awaitable<Next> { throw std::logic_error("never called"); }, metrics};
    EXPECT_TRUE(stop(periodic));
    start(periodic);
    EXPECT_TRUE(stop(periodic));
    EXPECT_EQ(failures(), 0);
}

}  // namespace
}  // namespace platform::service
