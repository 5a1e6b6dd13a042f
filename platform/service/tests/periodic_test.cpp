#include "platform/service/periodic.hpp"

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <latch>
#include <stdexcept>
#include <thread>

namespace platform::service {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

class PeriodicTest : public testing::Test {
  protected:
    ~PeriodicTest() override {
        work_.reset();
        thread_.join();
    }

    asio::io_context io;

  private:
    asio::executor_work_guard<asio::io_context::executor_type> work_{io.get_executor()};
    std::thread thread_{[this] { io.run(); }};
};

awaitable<void> count_down(std::latch& latch, bool fail) {
    if (!latch.try_wait()) latch.count_down();
    if (fail) throw std::runtime_error("this time it failed");
    co_return;
}

awaitable<void> slow(asio::io_context& io, std::latch& begun, bool& ended) {
    begun.count_down();
    asio::steady_timer timer{io, 50ms};
    co_await timer.async_wait(asio::use_awaitable);
    ended = true;
}

TEST_F(PeriodicTest, works_at_once_and_again_and_again) {
    std::latch thrice{3};
    Periodic periodic{io, "test", 1ms, [&] { return count_down(thrice, false); }};
    periodic.start();
    thrice.wait();
    periodic.stop();
}

TEST_F(PeriodicTest, goes_on_after_a_failure) {
    std::latch thrice{3};
    Periodic periodic{io, "test", 1ms, [&] { return count_down(thrice, true); }};
    periodic.start();
    thrice.wait();
    periodic.stop();
}

TEST_F(PeriodicTest, stop_waits_for_the_work_under_way_but_not_for_the_next) {
    std::latch begun{1};
    bool ended = false;
    Periodic periodic{io, "test", 1h, [&] { return slow(io, begun, ended); }};
    periodic.start();
    begun.wait();
    periodic.stop();
    EXPECT_TRUE(ended);
    periodic.stop();
}

TEST_F(PeriodicTest, may_go_away_without_having_been_started) {
    Periodic periodic{io, "test", 1h, [] -> awaitable<void> { throw std::logic_error("never called"); }};
    periodic.stop();
}

}  // namespace
}  // namespace platform::service
