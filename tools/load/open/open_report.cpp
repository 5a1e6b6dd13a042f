#include "tools/load/open/open_report.hpp"

namespace shop::load {

namespace {

constexpr std::size_t examples_max = 20;

}  // namespace

void OpenTally::promise_broken(std::string what) {
    ++report.broken_promises;
    if (report.examples.size() < examples_max) report.examples.push_back(std::move(what));
}

OpenReport OpenTally::finished() const {
    OpenReport made = report;
    for (const auto& [attempt, count] : attempts)
        made.ok_after_attempts.push_back({std::to_string(attempt), count});
    for (const auto& [name, count] : visits) made.visits.push_back({name, count});
    made.ok_ms_p50 = ok_after.percentile_ms(0.50);
    made.ok_ms_p99 = ok_after.percentile_ms(0.99);
    made.ok_ms_max = ok_after.max_ms();
    return made;
}

}  // namespace shop::load
