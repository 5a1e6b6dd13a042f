#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string_view>

#include "platform/base/errors.hpp"
#include "tests/simulation/random.hpp"

/// What goes wrong in a simulated world, and how often each thing did.
namespace simulation {

enum class Fault : std::uint8_t {
    crash_at_port,
    crash_after_commit,
    crash_before_ack,
    relay_crash,
    crash_before_provider,
    crash_after_provider,
    commit_unknown,
    database_gone,
    process_stopped,
    message_duplicated,
    message_delayed,
    message_days_late,
    provider_answer_lost,
    provider_acts_late,
    provider_error_kept,
    card_declined,
    customer_cancels,
    key_sent_twice_at_once,
};
inline constexpr std::array<std::string_view, 18> fault_names{
    "crash at a port",
    "crash after commit",
    "crash before the acknowledgement",
    "crash between confirm and mark",
    "crash before the provider",
    "crash after the provider",
    "commit unknown",
    "database gone",
    "process stopped for long",
    "message duplicated",
    "message delayed",
    "message days late",
    "answer of the provider lost",
    "provider acts after the time-out",
    "error of the provider kept under its key",
    "card declined",
    "customer cancels",
    "one key sent twice at once",
};
inline constexpr std::size_t fault_count = fault_names.size();

/// What is seldom reached and has to be: a run that never met it proves nothing about it.
enum class Rare : std::uint8_t {
    duplicate_suppressed,
    duplicate_after_pruning,
    unknown_commit_happened,
    unknown_commit_did_not,
    undo_before_do,
    void_before_creation,
    undo_while_charging,
    late_charge_refunded,
    payment_cancelled_at_provider,
    refund_under_new_key,
    provider_key_repeated,
    order_placed_again,
    order_not_admitted,
    order_confirmed,
    order_cancelled,
    order_refused_for_stock,
    order_timed_out,
    cancelled_by_customer,
    cancel_came_too_late,
    late_reply_noted,
    dead_letter_requeued,
    waited_for_a_lock,
    stale_lease_refused,
};
inline constexpr std::array<std::string_view, 23> rare_names{
    "duplicate suppressed by the inbox",
    "duplicate came after the inbox was pruned",
    "unknown commit had happened",
    "unknown commit had not happened",
    "undo came before what it undoes",
    "payment voided before the provider knew it",
    "undo came while the charge was under way",
    "charge came after its undo and was refunded",
    "payment cancelled at the provider",
    "refund asked for under a new key",
    "provider found the key and repeated itself",
    "order placed again under its key",
    "order not admitted",
    "order confirmed",
    "order cancelled",
    "order refused for lack of stock",
    "order timed out",
    "order cancelled by the customer",
    "cancellation came too late",
    "late reply noted and ignored",
    "dead letter handed back",
    "waited for the lock of another replica",
    "report of a lost lease refused",
};
inline constexpr std::size_t rare_count = rare_names.size();

struct Coverage {
    std::array<std::uint64_t, fault_count> faults{};
    std::array<std::uint64_t, rare_count> rare{};
    std::uint64_t deliveries = 0;
    std::uint64_t steps = 0;

    void saw(Rare what) { ++rare[static_cast<std::size_t>(what)]; }
    std::uint64_t of(Rare what) const { return rare[static_cast<std::size_t>(what)]; }
};

/// Thrown at a port call: the process is gone at this line. Nothing in production catches it, because it is
/// no std::exception; unwinding the frames is what a crash leaves behind.
struct Crash {};

struct CommitUnknown : platform::Unavailable {
    CommitUnknown() : Unavailable("the connection was lost during commit") {}
};

/// Faults of one world. Each kind has a rate and a stream of its own, so that leaving one kind out (as a
/// search for the smallest failing world does) changes as little as possible about the others.
class Faults {
  public:
    /// Each world draws its own rates, so that some are nearly calm and some are wild: with everything on at
    /// once, rare combinations drown. Those in `without` never happen.
    Faults(std::uint64_t seed, std::bitset<fault_count> without, Coverage& coverage);

    bool happens(Fault fault) {
        const auto kind = static_cast<std::size_t>(fault);
        if (rates_[kind] == 0 || !streams_[kind].chance(rates_[kind])) return false;
        ++coverage_.faults[kind];
        return true;
    }
    /// From here on nothing goes wrong any more.
    void cease() { rates_.fill(0); }
    Coverage& coverage() { return coverage_; }

  private:
    std::array<double, fault_count> rates_{};
    std::array<Random, fault_count> streams_{};
    Coverage& coverage_;
};

}  // namespace simulation
