#include "platform/service/signals.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstdio>

#include "platform/base/ensure.hpp"
#include "platform/telemetry/log.hpp"

namespace platform::service {

namespace {

/// What a shell reports for a process that a signal ended.
constexpr int ended_by(int signal) { return 128 + signal; }

sigset_t watched() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    return set;
}

[[noreturn]] void end_at_once(int code, const char* why) {
    telemetry::log_warn("ended at once", {{"reason", why}, {"exit_code", code}});
    telemetry::flush_log();
    _exit(code);
}

}  // namespace

Signals::Signals(std::chrono::milliseconds stop_limit) : stop_limit_{stop_limit} {
    const sigset_t set = watched();
    ensure(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0, "the signals to watch can be blocked");
    // A peer that closes its socket is an error of that write, not the end of the process.
    signal(SIGPIPE, SIG_IGN);
    watcher_ = std::thread{[this] { watch(); }};
}

Signals::~Signals() {
    {
        const std::lock_guard lock{mutex_};
        phase_ = Phase::over;
    }
    pthread_kill(watcher_.native_handle(), SIGTERM);
    watcher_.join();
}

void Signals::started() {
    const std::lock_guard lock{mutex_};
    phase_ = Phase::running;
}

void Signals::wait() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return phase_ == Phase::stopping; });
}

void Signals::watch() {
    const sigset_t set = watched();
    int signal = 0;
    sigwait(&set, &signal);
    {
        const std::lock_guard lock{mutex_};
        if (phase_ == Phase::over) return;
        if (phase_ == Phase::starting) end_at_once(ended_by(signal), "a signal during the start");
        phase_ = Phase::stopping;
        changed_.notify_all();
    }
    timespec limit{.tv_sec = stop_limit_.count() / 1000, .tv_nsec = stop_limit_.count() % 1000 * 1'000'000};
    const int second = sigtimedwait(&set, nullptr, &limit);
    const std::lock_guard lock{mutex_};
    if (phase_ == Phase::over) return;
    if (second > 0) end_at_once(ended_by(second), "a second signal");
    end_at_once(1, "the stop took too long");
}

}  // namespace platform::service
