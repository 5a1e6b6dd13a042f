#pragma once

#include <cstdint>
#include <optional>

#include "tests/simulation/world.hpp"

/// Many worlds at once, one process to a core: worlds share nothing, so they need no threads.
namespace simulation {

struct Campaign {
    Schedule schedule;            // Its seed is the first one.
    std::uint64_t schedules = 0;  // Seeds from there on.
    std::size_t jobs = 1;         // Processes.
};

struct Tally {
    Coverage coverage;                    // Of all processes together.
    std::optional<std::uint64_t> failed;  // The first seed, in order, whose world complained.
    double processor_seconds = 0;         // User and system time of all processes.
};

/// Runs every seed of the campaign unless one fails: then every smaller seed is still run, and few greater
/// ones. Throws std::runtime_error when a process cannot be started or dies.
Tally run_campaign(const Campaign& campaign);

}  // namespace simulation
