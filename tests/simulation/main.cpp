#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>
#include <thread>

#include "tests/simulation/workers.hpp"

namespace {

struct Arguments {
    std::uint64_t seed = 1;
    std::uint64_t schedules = 10'000;
    int orders = 10;
    std::size_t jobs = std::max(1u, std::thread::hardware_concurrency());
    bool interleaved = false;
    bool story = false;
    bool hashes = false;
    simulation::Bug bug = simulation::Bug::none;
    std::bitset<simulation::fault_count> without;
};

constexpr const char* usage_line =
    "usage: ./shop simulate [--seed N] [--schedules N] [--orders N] [--jobs N] [--interleaved]\n"
    "                       [--story] [--without FAULT] [--bug NAME] [--hashes] [--list]\n"
    "  --seed N          the first seed (1)\n"
    "  --schedules N     how many seeds from there on (10000)\n"
    "  --orders N        customers in each world (10)\n"
    "  --jobs N          processes that share the seeds (one per core)\n"
    "  --interleaved     several replicas, suspended between their steps\n"
    "  --story           tells what happened in each world\n"
    "  --without FAULT   leaves one kind of fault out; may be repeated\n"
    "  --bug NAME        puts a bug in, to see that it is found\n"
    "  --hashes          prints the hash of each world's trace\n"
    "  --list            names all faults and bugs\n";

[[noreturn]] void usage(std::string_view wrong) {
    std::fprintf(stderr, "simulate: %.*s\n%s", static_cast<int>(wrong.size()), wrong.data(), usage_line);
    std::exit(2);
}

std::uint64_t number(const char* text) {
    char* end = nullptr;
    const auto value = std::strtoull(text == nullptr ? "" : text, &end, 10);
    if (text == nullptr || *text == '\0' || *text == '-' || *end != '\0') usage("a whole number is needed");
    return value;
}

std::size_t fault_named(const char* name) {
    for (std::size_t kind = 0; kind < simulation::fault_count; ++kind)
        if (name != nullptr && simulation::fault_names[kind] == name) return kind;
    usage("--without needs the name of a fault; --list names them");
}

simulation::Bug bug_named(const char* name) {
    for (const auto& bug : simulation::seeded_bugs)
        if (name != nullptr && bug.name == name) return bug.bug;
    usage("--bug needs the name of a bug; --list names them");
}

[[noreturn]] void list() {
    for (const auto name : simulation::fault_names)
        std::printf("fault  %.*s\n", static_cast<int>(name.size()), name.data());
    for (const auto& bug : simulation::seeded_bugs)
        std::printf("bug    %-30.*s %.*s%s\n", static_cast<int>(bug.name.size()), bug.name.data(),
                    static_cast<int>(bug.what.size()), bug.what.data(),
                    bug.interleaved ? " (--interleaved)" : "");
    std::exit(0);
}

Arguments parse(int count, char** words) {
    Arguments arguments;
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        if (word == "--help" || word == "-h") {
            std::fputs(usage_line, stdout);
            std::exit(0);
        }
        if (word == "--list") list();
        if (word == "--story") {
            arguments.story = true;
        } else if (word == "--interleaved") {
            arguments.interleaved = true;
        } else if (word == "--hashes") {
            arguments.hashes = true;
        } else if (word == "--seed") {
            arguments.seed = number(words[++i]);
        } else if (word == "--schedules") {
            arguments.schedules = number(words[++i]);
        } else if (word == "--orders") {
            arguments.orders = static_cast<int>(number(words[++i]));
            if (arguments.orders < 1 || arguments.orders > 30) usage("--orders is 1 to 30");
        } else if (word == "--jobs") {
            arguments.jobs = number(words[++i]);
            if (arguments.jobs < 1 || arguments.jobs > 256) usage("--jobs is 1 to 256");
        } else if (word == "--without") {
            arguments.without.set(fault_named(words[++i]));
        } else if (word == "--bug") {
            arguments.bug = bug_named(words[++i]);
        } else {
            usage("unknown argument");
        }
    }
    return arguments;
}

/// How to see this very world again.
void print_again(const simulation::Schedule& schedule) {
    std::printf("again: ./shop simulate --seed %llu --schedules 1 --orders %d%s",
                static_cast<unsigned long long>(schedule.seed), schedule.orders,
                schedule.interleaved ? " --interleaved" : "");
    for (const auto& bug : simulation::seeded_bugs)
        if (bug.bug == schedule.bug)
            std::printf(" --bug %.*s", static_cast<int>(bug.name.size()), bug.name.data());
    for (std::size_t kind = 0; kind < simulation::fault_count; ++kind)
        if (schedule.without.test(kind))
            std::printf(" --without '%.*s'", static_cast<int>(simulation::fault_names[kind].size()),
                        simulation::fault_names[kind].data());
    std::printf(" --story\n");
}

/// The lines of a story about the order that a complaint names, and those about no order; all of them when it
/// names none.
std::string story_of_complaint(const std::string& story, const std::string& complaint) {
    constexpr std::size_t text_of_id = 36;
    const auto at = complaint.find("00000000-");
    if (at == std::string::npos || at + text_of_id > complaint.size()) return story;
    const auto name = "#" + complaint.substr(at + 32, 4);
    std::string kept;
    for (std::size_t begin = 0; begin < story.size();) {
        const auto end = story.find('\n', begin) + 1;
        const auto line = story.substr(begin, end - begin);
        if (line.contains(name) || !line.contains('#')) kept += line;
        begin = end;
    }
    return kept;
}

void report_failure(simulation::Engine& engine, const simulation::Schedule& schedule,
                    const std::string& complaint) {
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(schedule.seed), complaint.c_str());
    std::printf("looking for a smaller world that fails ...\n");
    const auto smallest = simulation::shrink(engine, schedule);
    simulation::Coverage ignored;
    const auto told = simulation::run(engine, smallest, ignored, true);
    const auto what = told.complaint.value_or("");
    std::printf("%s%s\n", story_of_complaint(told.story, what).c_str(), what.c_str());
    print_again(smallest);
}

/// True when every kind of fault and every rare state was reached.
bool print_coverage(const simulation::Coverage& coverage, const Arguments& arguments) {
    bool complete = true;
    const auto line = [&](std::string_view name, std::uint64_t times, bool expected) {
        std::printf("%12llu  %.*s\n", static_cast<unsigned long long>(times), static_cast<int>(name.size()),
                    name.data());
        complete = complete && (times > 0 || !expected);
    };
    for (std::size_t i = 0; i < simulation::fault_count; ++i)
        line(
            simulation::fault_names[i], coverage.faults[i],
            !arguments.without.test(i) &&
                (arguments.interleaved || i != static_cast<std::size_t>(simulation::Fault::process_stopped)));
    for (std::size_t i = 0; i < simulation::rare_count; ++i)
        line(simulation::rare_names[i], coverage.rare[i],
             arguments.interleaved || (i != static_cast<std::size_t>(simulation::Rare::waited_for_a_lock) &&
                                       i != static_cast<std::size_t>(simulation::Rare::stale_lease_refused)));
    return complete;
}

simulation::Schedule first_schedule(const Arguments& arguments) {
    return {.seed = arguments.seed,
            .orders = arguments.orders,
            .interleaved = arguments.interleaved,
            .bug = arguments.bug,
            .without = arguments.without};
}

/// World by world, because each has something to say.
int tell(simulation::Engine& engine, const Arguments& arguments) {
    auto schedule = first_schedule(arguments);
    simulation::Coverage coverage;
    for (std::uint64_t i = 0; i < arguments.schedules; ++i, ++schedule.seed) {
        const auto outcome = simulation::run(engine, schedule, coverage, arguments.story);
        std::fputs(outcome.story.c_str(), stdout);
        if (arguments.hashes)
            std::printf("%llu %016llx\n", static_cast<unsigned long long>(schedule.seed),
                        static_cast<unsigned long long>(outcome.trace_hash));
        if (outcome.complaint) {
            report_failure(engine, schedule, *outcome.complaint);
            return 1;
        }
    }
    return 0;
}

int simulate(const Arguments& arguments) {
    const auto began = std::chrono::steady_clock::now();
    const auto tally =
        simulation::run_campaign({first_schedule(arguments), arguments.schedules, arguments.jobs});
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    if (tally.failed) {
        auto schedule = first_schedule(arguments);
        schedule.seed = *tally.failed;
        simulation::Engine engine;
        engine.run([&] {
            simulation::Coverage ignored;
            const auto complaint = simulation::run(engine, schedule, ignored).complaint;
            report_failure(engine, schedule,
                           complaint.value_or("failed once, and not when it was run again"));
        });
        return 1;
    }
    const bool complete = print_coverage(tally.coverage, arguments);
    const auto schedules = static_cast<double>(arguments.schedules);
    std::printf(
        "%llu schedules from seed %llu by %zu processes, %.0f a second, "
        "%.0f per second of a core's time, %.1f deliveries each: ",
        static_cast<unsigned long long>(arguments.schedules), static_cast<unsigned long long>(arguments.seed),
        arguments.jobs, schedules / took.count(), schedules / tally.processor_seconds,
        static_cast<double>(tally.coverage.deliveries) / schedules);
    if (!complete) {
        std::printf("INCONCLUSIVE: something above was never reached\n");
        return 3;
    }
    std::printf("everything balances\n");
    return 0;
}

}  // namespace

int main(int count, char** words) {
    const auto arguments = parse(count, words);
    try {
        if (!arguments.story && !arguments.hashes) return simulate(arguments);
        simulation::Engine engine;
        int code = 1;
        engine.run([&] { code = tell(engine, arguments); });
        return code;
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "simulate: %s\n", failure.what());
        return 1;
    }
}
