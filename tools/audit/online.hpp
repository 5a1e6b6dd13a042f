#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "platform/telemetry/metrics.hpp"
#include "tools/audit/rounds.hpp"

namespace shop::audit {

struct OnlineLimits {
    std::chrono::milliseconds interval{5'000};  // Between the beginnings of two rounds, at least.
    int share_percent = 5;                      // Of the time that rounds may take together.
};

/// Makes round after round on a thread of its own, and tells what came of them: by metrics, by the log (once
/// when a source is away and once when it is back, once when something new is wrong), and as a report.
class Online {
  public:
    Online(Sources sources, RoundLimits rounds, OnlineLimits limits, platform::telemetry::Metrics& metrics);
    ~Online();  ///< stop()
    Online(const Online&) = delete;
    Online& operator=(const Online&) = delete;

    void start();
    /// Begins no further slice. Does not wait. Repeatable.
    void ask_to_stop();
    /// True when the round under way ended within `patience`; only then may the object be destroyed.
    bool ended(std::chrono::milliseconds patience);

    /// The last report as JSON; empty before the first.
    std::string report() const;
    /// How long ago the last comparison was made; nothing before the first.
    std::optional<std::chrono::milliseconds> age() const;
    /// Brings the metric of the age up to date.
    void show_age();
    std::chrono::milliseconds interval() const { return limits_.interval; }

  private:
    using Clock = std::chrono::steady_clock;
    struct Probe;

    void run();
    void make_round();
    void tell_sources(const std::string& databases);
    void tell_checks(const Checks& checks);
    bool wait(std::chrono::milliseconds pause);

    const OnlineLimits limits_;
    const Clock::time_point began_ = Clock::now();
    platform::telemetry::Metrics& metrics_;
    Rounds rounds_;
    std::unique_ptr<Probe> probe_;
    std::map<std::string, bool> away_;                       // By source, as the log was told.
    std::map<std::string, std::size_t, std::less<>> wrong_;  // Findings by check, as the log was told.
    std::size_t orders_told_ = 0;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::string report_;                     // Guarded by mutex_, as is what follows.
    std::optional<Clock::time_point> made_;  // The last comparison.
    bool stopping_ = false, ended_ = false;
    std::thread thread_;
};

}  // namespace shop::audit
