#pragma once

#include <mutex>

#include "platform/base/uuid.hpp"

namespace platform {

/// Where new ids come from, so that a simulation can repeat them.
struct Ids {
    virtual ~Ids() = default;
    virtual Uuid next() = 0;
};

/// UUIDv7 (RFC 9562): 48 bits of milliseconds, then a counter so that ids made by one process in one
/// millisecond still ascend, then randomness from the operating system. Thread-safe.
class RandomIds final : public Ids {
  public:
    Uuid next() override;

  private:
    std::mutex mutex_;
    std::int64_t last_milliseconds_ = 0;
    std::uint32_t counter_ = 0;
    std::array<std::uint8_t, 512> random_{};
    std::size_t random_left_ = 0;
};

}  // namespace platform
