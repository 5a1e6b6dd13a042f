#include "tests/simulation/world.hpp"

#include "tests/simulation/life.hpp"

namespace simulation {
namespace {

/// Steps in which things go wrong, and steps that the rest may take before nobody believes in its end.
constexpr std::size_t stormy_steps_min = 100;
constexpr std::size_t stormy_steps_more = 500;
constexpr int calm_steps_max = 30'000;

/// Anything smaller that fails too, or nothing.
std::optional<Schedule> smaller(Engine& engine, const Schedule& failing) {
    const auto fails = [&](const Schedule& schedule) {
        Coverage ignored;
        return run(engine, schedule, ignored).complaint.has_value();
    };
    for (int orders = 1; orders < failing.orders; ++orders) {
        auto fewer = failing;
        fewer.orders = orders;
        if (fails(fewer)) return fewer;
    }
    for (std::size_t kind = 0; kind < fault_count; ++kind) {
        if (failing.without.test(kind)) continue;
        auto calmer = failing;
        calmer.without.set(kind);
        if (fails(calmer)) return calmer;
    }
    return std::nullopt;
}

}  // namespace

Outcome run(Engine& engine, const Schedule& schedule, Coverage& coverage, bool with_story) {
    Life life(engine, schedule, coverage, with_story);
    const auto stormy_steps = stormy_steps_min + life.random().below(stormy_steps_more);
    for (std::size_t i = 0; i < stormy_steps && !life.complaint(); ++i) life.step();
    life.calm_down();
    for (int i = 0; !life.complaint() && !life.at_rest(); ++i) {
        if (i == calm_steps_max) life.complain("the world did not come to rest: " + life.unrest());
        life.step();
    }
    return life.end();
}

Schedule shrink(Engine& engine, Schedule failing) {
    while (auto next = smaller(engine, failing)) failing = *next;
    return failing;
}

}  // namespace simulation
