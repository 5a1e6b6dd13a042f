#pragma once

#include <bitset>
#include <optional>
#include <string>

#include "tests/simulation/bugs.hpp"
#include "tests/simulation/engine.hpp"
#include "tests/simulation/faults.hpp"

/// A whole shop in one thread: the real handlers of order, inventory and payment over memory, a broker that
/// copies, delays and reorders, a virtual clock and one seed. The same seed is the same world, line by line.
namespace simulation {

struct Schedule {
    std::uint64_t seed = 1;
    int orders = 10;
    /// Activities of several replicas are suspended between their steps and mix. Otherwise each runs to its
    /// end before the next begins, which is faster.
    bool interleaved = false;
    Bug bug = Bug::none;
    std::bitset<fault_count> without{};  // Kinds of faults that never happen.
};

struct Outcome {
    std::optional<std::string> complaint;  // What does not balance; nothing when everything does.
    std::uint64_t trace_hash = 0;          // Two runs of one schedule have the same.
    std::string story;                     // What happened in readable lines, when asked for.
};

/// Runs one world to its end. Adds what was reached to `coverage`. Only within Engine::run().
Outcome run(Engine& engine, const Schedule& schedule, Coverage& coverage, bool with_story = false);

/// The smallest schedule around a failing one that still fails: fewer orders, fewer kinds of faults.
Schedule shrink(Engine& engine, Schedule failing);

}  // namespace simulation
