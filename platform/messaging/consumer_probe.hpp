#pragma once

#include <map>
#include <string>
#include <string_view>

#include "platform/telemetry/metrics.hpp"

namespace platform::messaging {

/// The metrics of one consumed queue.
class ConsumerProbe {
  public:
    ConsumerProbe(telemetry::Metrics& metrics, std::string queue);

    telemetry::Gauge& connected;
    telemetry::Counter& redelivered;
    telemetry::Counter& retries;
    telemetry::Counter& splits;
    telemetry::Counter& overdue;
    telemetry::Histogram& batch_size;
    telemetry::Histogram& handle_seconds;

    /// Only from the consumer's thread.
    void handled(const std::string& type);
    /// From any thread.
    void rejected(std::string_view reason);

  private:
    telemetry::Metrics& metrics_;
    const std::string queue_;
    std::map<std::string, telemetry::Counter*, std::less<>> handled_;
};

}  // namespace platform::messaging
