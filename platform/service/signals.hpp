#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace platform::service {

/// SIGTERM and SIGINT of a process, watched by a thread of its own, so that even a process stuck in its start
/// or its end obeys. Before started(): either signal ends the process at once. After: the first makes wait()
/// return; a second one, or a stop that takes longer than `stop_limit`, ends the process at once with a
/// failure code. Must be made before any other thread, because threads inherit which signals they leave
/// alone.
class Signals {
  public:
    explicit Signals(std::chrono::milliseconds stop_limit);
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    /// The start is over; from now on a signal asks for an orderly stop.
    void started();

    /// Blocks until the first signal after started().
    void wait();

  private:
    enum class Phase { starting, running, stopping, over };

    void watch();

    const std::chrono::milliseconds stop_limit_;
    std::mutex mutex_;
    std::condition_variable changed_;
    Phase phase_ = Phase::starting;  // Guarded by mutex_.
    std::thread watcher_;
};

}  // namespace platform::service
