#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <random>
#include <string>
#include <string_view>

namespace shop::provider {

enum class CallKind { create, confirm, cancel, retrieve, refund, retrieve_refund, list_refunds };
inline constexpr std::array call_kinds{CallKind::create,      CallKind::confirm, CallKind::cancel,
                                       CallKind::retrieve,    CallKind::refund,  CallKind::retrieve_refund,
                                       CallKind::list_refunds};
std::string_view name_of(CallKind kind);

/// What goes wrong with one call. The order is the order in which probabilities are added up.
enum class Fault {
    none,
    slow,          // Done; the answer is late.
    lost,          // Done; the connection is closed without an answer.
    dropped,       // Not done; the connection is closed without an answer.
    error,         // Not done; answered 500, and so for every repetition under the same key.
    error_done,    // Done; answered 500, and so for every repetition under the same key.
    rate_limited,  // Not done; answered 429. A repetition under the same key is a new attempt.
};
inline constexpr std::array all_faults{Fault::slow,  Fault::lost,       Fault::dropped,
                                       Fault::error, Fault::error_done, Fault::rate_limited};
std::string_view name_of(Fault fault);

/// Faults drawn at random, with a probability of its own for each kind of call and fault. The same seed and
/// the same sequence of calls give the same faults.
class FaultPlan {
  public:
    FaultPlan() = default;

    /// {"seed": 7, "faults": {"confirm": {"lost": 0.1, "slow": 0.05}, "refund": {"error": 0.2}}}. What is not
    /// named has probability 0, so {} ends all faults. The error says which member is not understood.
    static std::expected<FaultPlan, std::string> parse(std::string_view text);

    /// The plan as parse() takes it, without the zeros.
    std::string text() const;

    Fault draw(CallKind kind);

  private:
    std::array<std::array<double, all_faults.size()>, call_kinds.size()> chances_{};
    std::uint64_t seed_ = 1;
    std::mt19937_64 random_{1};
};

}  // namespace shop::provider
