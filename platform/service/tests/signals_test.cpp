#include "platform/service/signals.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <string>

namespace platform::service {
namespace {

using namespace std::chrono_literals;

/// Standard output of this process becomes a full pipe that nobody reads.
void stop_reading_standard_output() {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) _exit(99);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    const std::string page(4096, 'x');
    while (write(ends[1], page.data(), page.size()) > 0) continue;
    fcntl(ends[1], F_SETFL, 0);
    dup2(ends[1], STDOUT_FILENO);
}

TEST(SignalsDeathTest, end_the_process_though_nobody_reads_its_log) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(
        {
            stop_reading_standard_output();
            alarm(20);  // A process that waits for its reader ends by this one, and the test fails.
            const Signals signals{1s};
            kill(getpid(), SIGTERM);
            for (;;) pause();
        },
        ::testing::ExitedWithCode(128 + SIGTERM), "");
}

}  // namespace
}  // namespace platform::service
