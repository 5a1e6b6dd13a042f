#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tests/simulation/world.hpp"

namespace {

struct Arguments {
    std::uint64_t seed = 1;
    std::uint64_t schedules = 10'000;
    bool story = false;
};

constexpr const char* usage_line = "usage: ./shop simulate [--seed N] [--schedules N] [--story]\n";

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

Arguments parse(int count, char** words) {
    Arguments arguments;
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        if (word == "--help" || word == "-h") {
            std::fputs(usage_line, stdout);
            std::exit(0);
        } else if (word == "--story") {
            arguments.story = true;
        } else if (word == "--seed") {
            arguments.seed = number(words[++i]);
        } else if (word == "--schedules") {
            arguments.schedules = number(words[++i]);
        } else {
            usage("unknown argument");
        }
    }
    return arguments;
}

}  // namespace

int main(int count, char** words) {
    const auto arguments = parse(count, words);
    simulation::Coverage coverage;
    const auto began = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < arguments.schedules; ++i) {
        const simulation::Schedule schedule{.seed = arguments.seed + i};
        if (const auto complaint = run(schedule, coverage)) {
            std::string story;
            run(schedule, coverage, &story);
            std::printf("%sseed %llu: %s\nagain: ./shop simulate --seed %llu --schedules 1 --story\n",
                        story.c_str(), static_cast<unsigned long long>(schedule.seed), complaint->c_str(),
                        static_cast<unsigned long long>(schedule.seed));
            return 1;
        }
        if (arguments.story) {
            std::string story;
            run(schedule, coverage, &story);
            std::fputs(story.c_str(), stdout);
        }
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    for (const auto& [what, times] : coverage)
        std::printf("%12llu  %.*s\n", static_cast<unsigned long long>(times), static_cast<int>(what.size()),
                    what.data());
    std::printf("%llu schedules from seed %llu, %.0f a second: everything balances\n",
                static_cast<unsigned long long>(arguments.schedules),
                static_cast<unsigned long long>(arguments.seed),
                static_cast<double>(arguments.schedules) / took.count());
    return 0;
}
