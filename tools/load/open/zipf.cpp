#include "tools/load/open/zipf.hpp"

#include <algorithm>
#include <cmath>

#include "platform/base/ensure.hpp"

namespace shop::load {

Zipf::Zipf(std::size_t count, double exponent) {
    platform::ensure(count > 0 && exponent >= 0, "there is a rank to draw");
    double sum = 0;
    for (std::size_t rank = 0; rank < count; ++rank) {
        sum += std::pow(static_cast<double>(rank + 1), -exponent);
        up_to_.push_back(sum);
    }
    for (double& share : up_to_) share /= sum;
}

std::size_t Zipf::rank_at(double point) const {
    const auto found = std::ranges::upper_bound(up_to_, point);
    // Rounding may leave the last sum a little below 1.
    return std::min(static_cast<std::size_t>(found - up_to_.begin()), up_to_.size() - 1);
}

double Zipf::share_of(std::size_t rank) const {
    return rank == 0 ? up_to_[0] : up_to_[rank] - up_to_[rank - 1];
}

}  // namespace shop::load
