#pragma once

#include "platform/base/time.hpp"

namespace platform {

/// Where "now" comes from, so that a simulation can say what time it is.
struct Clock {
    virtual ~Clock() = default;
    virtual Time now() const = 0;
};

class SystemClock final : public Clock {
  public:
    Time now() const override {
        return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    }
};

}  // namespace platform
