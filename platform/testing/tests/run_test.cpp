#include "platform/testing/run.hpp"

#include <gtest/gtest.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <string>

namespace platform::testing {
namespace {

awaitable<std::string> text() { co_return "done"; }

awaitable<void> failure() {
    throw std::logic_error("no");
    co_return;
}

awaitable<void> wait_for(boost::asio::steady_timer& timer) {
    co_await timer.async_wait(boost::asio::use_awaitable);
}

TEST(Run, returns_what_the_coroutine_returns) {
    boost::asio::io_context io;
    EXPECT_EQ(run(io, text()), "done");
    EXPECT_EQ(run(io, text()), "done");
}

TEST(Run, throws_what_the_coroutine_throws) {
    boost::asio::io_context io;
    EXPECT_THROW(run(io, failure()), std::logic_error);
}

TEST(Run, gives_up_after_its_deadline) {
    boost::asio::io_context io;
    boost::asio::steady_timer never(io, std::chrono::hours(1));
    EXPECT_THROW(run(io, wait_for(never), std::chrono::milliseconds(5)), std::runtime_error);
}

TEST(RunUntil, returns_when_the_condition_holds) {
    boost::asio::io_context io;
    int tries = 0;
    run_until(io, [&] { return ++tries == 3; });
    EXPECT_EQ(tries, 3);
    EXPECT_THROW(run_until(io, [] { return false; }, std::chrono::milliseconds(5)), std::runtime_error);
}

}  // namespace
}  // namespace platform::testing
