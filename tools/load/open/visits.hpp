#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tools/load/open/zipf.hpp"

namespace shop::load {

/// What a customer comes for, and how it is meant to end.
enum class Wish : std::uint8_t {
    buy,
    buy_and_cancel,  // Soon after the order was accepted.
    buy_twice,       // The same request again, at the same moment or later: must be the same order.
    reuse_key,       // Then another basket under the same key: must be refused.
    declined_card,
    provider_trouble,  // A card whose charge is answered late, or not at all, or wrongly.
    read,
};

std::string_view name_of(Wish wish);

struct Visit {
    Wish wish{};
    std::size_t customer = 0;
    std::string key;                    // For the Idempotency-Key.
    std::string body;                   // Of the order.
    std::string other_body;             // For `reuse_key`.
    std::chrono::milliseconds pause{};  // Before the second request; zero for `buy_twice`: both at once.
    std::uint64_t chance = 0;           // For whatever else is to be chosen.
};

/// Who comes for what, one after the other. The same seed gives the same visits under other keys: the keys
/// carry `run`, so that no run repeats an order of another.
class VisitBook {
  public:
    /// `articles` are sorted by popularity, the most wanted first; there are at least three.
    VisitBook(std::uint64_t seed, std::size_t customers, std::vector<std::string> articles, double popularity,
              std::string run);

    Visit next();

  private:
    std::uint64_t below(std::uint64_t limit) { return dice_() % limit; }
    double point() { return static_cast<double>(dice_() >> 11) * 0x1p-53; }
    std::string body(std::string_view payment_method);
    std::string_view card_for(Wish wish);

    std::size_t customers_;
    std::vector<std::string> articles_;
    std::string run_;
    Zipf zipf_;
    std::mt19937_64 dice_;
    std::int64_t made_ = 0;
};

}  // namespace shop::load
