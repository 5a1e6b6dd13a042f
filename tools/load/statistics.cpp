#include "tools/load/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace shop::load {

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::ranges::sort(values);
    const auto middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

void Durations::add(std::chrono::nanoseconds duration) {
    const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
    constexpr std::int64_t longest = std::numeric_limits<std::uint32_t>::max();
    microseconds_.push_back(static_cast<std::uint32_t>(std::clamp<std::int64_t>(whole, 0, longest)));
}

double Durations::percentile_ms(double share) const {
    if (microseconds_.empty()) return 0;
    const auto count = microseconds_.size();
    const auto rank =
        static_cast<std::size_t>(std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(count)));
    auto sorted = microseconds_;
    const auto place = sorted.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(rank, 1) - 1);
    std::ranges::nth_element(sorted, place);
    return *place / 1000.0;
}

}  // namespace shop::load
