#include "platform/cache/breaker.hpp"

#include <utility>

namespace platform::cache {

bool Breaker::admits(Time now) {
    if (!shut_until_) return true;
    if (now < *shut_until_) return false;
    shut_until_ = now + pause_;  // One probe; the others go on without.
    return true;
}

bool Breaker::succeeded() {
    failures_ = 0;
    return std::exchange(shut_until_, std::nullopt).has_value();
}

bool Breaker::failed(Time now) {
    const bool was_shut = shut_until_.has_value();
    if (!was_shut && ++failures_ < failures_max_) return false;
    shut_until_ = now + pause_;
    return !was_shut;
}

}  // namespace platform::cache
