#include "tests/simulation/faults.hpp"

namespace simulation {
namespace {

/// The most that a kind is drawn to, per opportunity.
constexpr std::array<double, fault_count> rates_max{
    0.01,  // crash_at_port
    0.02,  // crash_after_commit
    0.10,  // crash_before_ack
    0.10,  // relay_crash
    0.05,  // crash_before_provider
    0.05,  // crash_after_provider
    0.04,  // commit_unknown
    0.02,  // database_gone
    0.03,  // process_stopped
    0.90,  // message_duplicated
    0.20,  // message_delayed
    0.03,  // message_days_late
    0.30,  // provider_answer_lost
    0.20,  // provider_acts_late
    0.10,  // provider_error_kept
    0.30,  // card_declined
    0.05,  // customer_cancels
    0.20,  // key_sent_twice_at_once
};

}  // namespace

Faults::Faults(std::uint64_t seed, std::bitset<fault_count> without, Coverage& coverage)
    : coverage_(coverage) {
    Random seeds(seed);
    for (std::size_t kind = 0; kind < fault_count; ++kind) {
        Random drawn(seeds.next());
        const bool absent = drawn.chance(0.4) || without.test(kind);
        const auto percent = static_cast<double>(drawn.below(101));
        rates_[kind] = absent ? 0 : rates_max[kind] * percent / 100;
        streams_[kind] = Random(seeds.next());
    }
}

}  // namespace simulation
