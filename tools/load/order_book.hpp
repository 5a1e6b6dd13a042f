#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "tools/load/options.hpp"

namespace shop::load {

/// The orders of one round, one after the other. The same seed gives the same orders under other keys: the
/// keys carry `run`, so that no run ever repeats an order of another.
class OrderBook {
  public:
    struct Order {
        std::string key;   // For the Idempotency-Key.
        std::string body;  // JSON.
    };

    OrderBook(const Options& options, std::int64_t orders, std::uint64_t seed, std::vector<std::string> skus,
              std::string run);

    bool empty() const { return taken_ == orders_; }

    /// There must be one left. Overwrites the order, whose memory is used again.
    void take(Order& order);

  private:
    std::uint64_t random_below(std::uint64_t limit) { return dice_() % limit; }

    std::int64_t orders_;
    std::int64_t taken_ = 0;
    std::uint64_t lines_min_;
    std::uint64_t lines_max_;
    std::vector<std::string> skus_;
    std::vector<std::uint64_t> chosen_;
    std::string run_;
    std::mt19937_64 dice_;
};

}  // namespace shop::load
