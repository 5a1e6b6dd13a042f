// A process that passes crash points, each as often as SAMPLE_PASSES says; built once with them and once
// without.
#include <array>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>

#include "platform/base/crash_point.hpp"

namespace {

[[maybe_unused]] constexpr std::array<std::string_view, 3> known{"sample.own", "some.queue.shared",
                                                                 "sample.whole"};

void pass([[maybe_unused]] const std::string& queue) {
    CRASH_POINT("sample.whole");
    CRASH_POINT(queue, "shared");
    CRASH_POINT("", "own");
}

}  // namespace

int main() {
    ARM_CRASH_POINTS("sample", known);
    const long passes = std::strtol(std::getenv("SAMPLE_PASSES"), nullptr, 10);
    // Ends by itself when a test has forgotten it.
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    for (long i = 0; i < passes && std::chrono::steady_clock::now() < end; ++i) pass("some.queue");
    // What the service's own configuration would be read from.
    return std::getenv("SHOP_CRASH_AT") == nullptr && std::getenv("SHOP_CRASH_LOG") == nullptr ? 0 : 3;
}
