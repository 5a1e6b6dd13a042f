#pragma once

#include <cstdint>
#include <map>
#include <string_view>

#include "platform/base/errors.hpp"

/// What goes wrong in a simulated world, and how often each thing did.
namespace simulation {

/// SplitMix64: small, and the same on every machine.
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
    /// From 0 to n - 1.
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }
    bool chance(double probability) { return static_cast<double>(next() >> 11) * 0x1p-53 < probability; }

  private:
    std::uint64_t state_;
};

/// Thrown at a port call: the process is gone at this line. Nothing in production catches it, because it is
/// no std::exception; destroying the frames is what a crash leaves behind.
struct Crash {};

struct CommitUnknown : platform::Unavailable {
    CommitUnknown() : Unavailable("the connection was lost during commit") {}
};

/// Probabilities per opportunity. Each seed draws its own, so that some worlds are nearly calm and some are
/// wild: with everything on at once, rare combinations drown.
struct FaultRates {
    double crash = 0;
    double commit_unknown = 0;
    double database_gone = 0;
    double duplicate = 0;
    double delay = 0;
    double crash_before_ack = 0;
    double relay_crash = 0;
    double provider_lost = 0;   // The call took effect, the answer did not arrive.
    double provider_error = 0;  // The call did not take effect, and its key will repeat the error.
    double declined = 0;
    double cancelled = 0;  // By the customer, at any time.
};

/// How often everything worth reaching was reached, over all worlds of a run.
using Coverage = std::map<std::string_view, std::uint64_t>;

/// A bug put in on purpose, to see that the checks find it; the last two are weaknesses that other parts make
/// up for.
enum class Bug {
    none,
    forgetful_release,   // An undo that finds nothing leaves no note that it was there.
    late_charge_kept,    // An undo that comes while the charge is under way is forgotten.
    marked_before_sent,  // The relay marks first and publishes then.
    acknowledged_first,  // The consumer acknowledges first and handles then.
    no_inbox,            // States refuse what the inbox would have suppressed.
    new_key_per_call     // A payment that is only created moves no money, and a charged one cannot be charged
                         // again.
};

struct Faults {
    Random& random;
    FaultRates rates;
    Coverage& coverage;
    Bug bug = Bug::none;
    bool enabled = true;

    bool happens(double rate, std::string_view what) {
        if (!enabled || !random.chance(rate)) return false;
        ++coverage[what];
        return true;
    }
    /// A place where the process may be gone, or the database.
    void port_call() {
        if (happens(rates.crash, "crash at a port")) throw Crash{};
        if (happens(rates.database_gone, "database gone"))
            throw platform::Unavailable("the database is gone");
    }
};

}  // namespace simulation
