#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "platform/telemetry/metrics.hpp"

namespace platform::postgres {

class StatementBase;

/// The metrics of one pool, all named here. Silent once muted, so that connections which outlive the pool
/// never touch metrics that are gone.
class Probe {
  public:
    Probe(telemetry::Metrics& metrics, const std::string& pool);

    void pool(std::size_t connections, std::size_t in_use);
    void waited(std::chrono::nanoseconds time);
    void connect_failed();
    void ran(const StatementBase& statement, std::chrono::nanoseconds time);
    /// By class, the first two characters of the SQLSTATE, or "lost".
    void failed(std::string_view sqlstate);
    void mute() { muted_ = true; }

  private:
    telemetry::Metrics& metrics_;
    telemetry::Gauge& connections_;
    telemetry::Gauge& in_use_;
    telemetry::Histogram& wait_seconds_;
    telemetry::Counter& connect_failures_;
    std::vector<telemetry::Histogram*> statement_seconds_;  // By the statement's serial.
    bool muted_ = false;
};

}  // namespace platform::postgres
