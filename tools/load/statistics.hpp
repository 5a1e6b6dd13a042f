#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace shop::load {

/// The middle value, or the mean of the two in the middle; 0 for none.
double median(std::vector<double> values);

/// Every duration, in microseconds: a round is small enough to keep them all, so that a percentile is one of
/// the measured values and not the edge of a bucket.
class Durations {
  public:
    void reserve(std::size_t count) { microseconds_.reserve(count); }
    void add(std::chrono::nanoseconds duration);

    std::size_t count() const { return microseconds_.size(); }

    /// The smallest duration that at least this share (0 to 1) of all does not exceed, in milliseconds; 0 for
    /// none.
    double percentile_ms(double share) const;
    double max_ms() const { return percentile_ms(1.0); }

  private:
    std::vector<std::uint32_t> microseconds_;
};

}  // namespace shop::load
