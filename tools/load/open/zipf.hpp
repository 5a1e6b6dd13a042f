#pragma once

#include <cstddef>
#include <vector>

namespace shop::load {

/// Popularity as shops have it: the article of rank k (from 0) is asked for in proportion to 1 / (k + 1)^s.
class Zipf {
  public:
    /// `count` is at least 1, `exponent` (s) at least 0; 0 makes all ranks alike.
    Zipf(std::size_t count, double exponent);

    /// The rank that a point of [0, 1) falls on.
    std::size_t rank_at(double point) const;

    /// The share of all draws that this rank gets.
    double share_of(std::size_t rank) const;

  private:
    std::vector<double> up_to_;  // Shares summed up to and with each rank; the last is 1.
};

}  // namespace shop::load
