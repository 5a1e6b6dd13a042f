#pragma once

#include <boost/describe/class.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tools/load/statistics.hpp"

namespace shop::load {

struct NamedCount {
    std::string name;
    std::int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(NamedCount, (), (name, count))

/// What the customers have seen; `./shop chaos` reads it.
struct OpenReport {
    std::int64_t arrivals = 0;
    std::int64_t turned_away = 0;  // Arrivals that found too many under way and did nothing.
    double latest_start_ms = 0;    // The generator's own delay behind its schedule, the worst.
    std::int64_t placed = 0;       // Orders asked for; of these:
    std::int64_t ok = 0;
    std::int64_t failed = 0;
    std::int64_t unknown = 0;
    std::vector<NamedCount> ok_after_attempts;
    double ok_ms_p50 = 0;  // From the moment that the customer was due to arrive.
    double ok_ms_p99 = 0;
    double ok_ms_max = 0;
    std::int64_t cancellations = 0;
    std::int64_t copies_same = 0;   // Requests sent again that were answered with the same order.
    std::int64_t keys_refused = 0;  // Other baskets under a used key that were answered 422.
    std::int64_t reads = 0;
    std::int64_t reads_unanswered = 0;  // After all retries.
    std::vector<NamedCount> visits;     // By what they came for.
    std::int64_t broken_promises = 0;
    std::vector<std::string> examples;  // Of broken promises.
};
BOOST_DESCRIBE_STRUCT(OpenReport, (),
                      (arrivals, turned_away, latest_start_ms, placed, ok, failed, unknown, ok_after_attempts,
                       ok_ms_p50, ok_ms_p99, ok_ms_max, cancellations, copies_same, keys_refused, reads,
                       reads_unanswered, visits, broken_promises, examples))

/// Counts while the customers come and go.
struct OpenTally {
    OpenReport report;
    Durations ok_after;
    std::map<std::int64_t, std::int64_t> attempts;  // Of orders that were accepted.
    std::map<std::string, std::int64_t, std::less<>> visits;

    /// The shop said something that it may never say.
    void promise_broken(std::string what);

    OpenReport finished() const;
};

}  // namespace shop::load
