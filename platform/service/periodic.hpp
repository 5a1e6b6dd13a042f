#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "platform/base/awaitable.hpp"
#include "platform/telemetry/metrics.hpp"

namespace platform::service {

struct PeriodicConfig {
    std::string name;  // In the log and in the metric.
    std::chrono::milliseconds interval;
    /// What is so as long as it fails, for whoever reads the log at night.
    std::string meanwhile = "nothing else depends on it";
};

/// A background loop: does its work at once and then again after each interval, until it is stopped. The work
/// has deadlines of its own. A failure is counted, and the loop goes on. The first of a row of failures is
/// logged, as a warning when it may pass by itself (Unavailable) and as an error otherwise; so is the end of
/// the row. Used on the io_context's thread only, except for construction and destruction.
class Periodic {
  public:
    /// What the work says at its end. A work of many steps does one at a time and asks for the next turn
    /// `at_once`, so that a stop does not have to wait for all of them.
    enum class Next { after_interval, at_once };
    using Work = std::function<awaitable<Next>()>;

    Periodic(boost::asio::io_context& io, PeriodicConfig config, Work work, telemetry::Metrics& metrics);
    ~Periodic();  ///< Stops, without waiting.
    Periodic(const Periodic&) = delete;
    Periodic& operator=(const Periodic&) = delete;

    void start();

    /// Begins no further turn. Repeatable.
    void halt();

    /// Halts, and returns when the turn under way has ended (true) or at the deadline (false).
    awaitable<bool> stop(std::chrono::steady_clock::time_point deadline);

    const std::string& name() const;

  private:
    struct Loop;
    static awaitable<void> run(std::shared_ptr<Loop> loop);

    std::shared_ptr<Loop> loop_;
};

}  // namespace platform::service
