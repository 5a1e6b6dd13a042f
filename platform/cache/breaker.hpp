#pragma once

#include <chrono>
#include <optional>

namespace platform::cache {

/// Keeps callers from waiting for somebody who does not answer: after a number of failures in a row it admits
/// nobody for a pause, then one at a time, until one of them succeeds. The caller says what time it is.
class Breaker {
  public:
    using Time = std::chrono::steady_clock::time_point;

    Breaker(int failures_max, std::chrono::milliseconds pause) : failures_max_(failures_max), pause_(pause) {}

    /// Whoever is admitted reports succeeded() or failed(), or the next one is admitted after another pause.
    bool admits(Time now);

    /// True when it was shut until now.
    bool succeeded();

    /// True when this is what shuts it.
    bool failed(Time now);

  private:
    const int failures_max_;
    const std::chrono::milliseconds pause_;
    int failures_ = 0;
    std::optional<Time> shut_until_;
};

}  // namespace platform::cache
