#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shop::load {

/// What a part of the platform has used. Memory is resident; what processes of one part share counts once.
struct Usage {
    double cpu_seconds = 0;
    std::int64_t memory_bytes = 0;
};

/// By part: a service with all its replicas, "postgres", "rabbitmq", "gateway", "load generator" and so on.
using UsageByPart = std::map<std::string, Usage, std::less<>>;

/// What every part used between two looks, with the memory of the second. A process that was restarted in
/// between has forgotten what it used; such a part shows what is left, never less than nothing.
UsageByPart used_between(const UsageByPart& before, const UsageByPart& after);

/// The part that a process of the state file belongs to: a replica to its service, epmd to the broker.
std::string part_of(std::string_view process);

/// The members of the state file that are looked at.
struct StateProcess {
    std::string name;
    std::int64_t pid = 0;
};
BOOST_DESCRIBE_STRUCT(StateProcess, (), (name, pid))

struct StateSupervisor {
    std::int64_t pid = 0;
};
BOOST_DESCRIBE_STRUCT(StateSupervisor, (), (pid))

struct State {
    StateSupervisor supervisor;
    std::vector<StateProcess> processes;
};
BOOST_DESCRIBE_STRUCT(State, (), (supervisor, processes))

/// One process as the kernel tells it.
struct Process {
    std::int64_t pid = 0;
    std::int64_t parent = 0;
    std::int64_t ticks = 0;  // Of CPU, with those of its children that have ended and been waited for.
    std::int64_t anonymous_bytes = 0;
    std::int64_t shared_bytes = 0;
};

/// The text of /proc/<pid>/stat; nothing when it is none. Memory is not in it.
std::optional<Process> read_stat(std::string_view text);

/// Sums up every process of the state file with all its descendants, the supervisor without them, and this
/// process, whose pid is `self`.
UsageByPart usage_in(const State& state, std::int64_t self, const std::vector<Process>& processes,
                     double ticks_per_second);

/// What everything has used until now. `state_file` is read again each time, because a restarted process has
/// another pid; an empty name leaves only this process. Throws std::runtime_error when it cannot be read.
UsageByPart usage_now(const std::string& state_file);

}  // namespace shop::load
