#include "platform/base/ids.hpp"

#include <sys/random.h>

#include <chrono>

#include "platform/base/ensure.hpp"

namespace platform {

Uuid RandomIds::next() {
    constexpr std::size_t random_per_id = 8;
    const std::scoped_lock lock{mutex_};
    if (random_left_ < random_per_id + 4) {
        // One system call serves about forty ids. 512 bytes is above the size that is never cut short by a
        // signal.
        std::size_t filled = 0;
        while (filled < random_.size()) {
            const auto got = getrandom(random_.data() + filled, random_.size() - filled, 0);
            if (got > 0) filled += static_cast<std::size_t>(got);
        }
        random_left_ = random_.size();
    }
    const auto take = [this] { return random_[--random_left_]; };

    using namespace std::chrono;
    const auto now = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
    if (now > last_milliseconds_) {
        last_milliseconds_ = now;
        counter_ = take() >> 1;  // Starts low, so that a burst in this millisecond has room.
    } else if (++counter_ == 0x1000) {
        // 4,096 ids in a millisecond, or a clock that went back: run ahead of the clock rather than repeat.
        ++last_milliseconds_;
        counter_ = 0;
    }

    Uuid id;
    for (std::size_t i = 0; i < 6; ++i)
        id.bytes[i] = static_cast<std::uint8_t>(last_milliseconds_ >> (40 - 8 * static_cast<int>(i)));
    id.bytes[6] = static_cast<std::uint8_t>(0x70 | counter_ >> 8);
    id.bytes[7] = static_cast<std::uint8_t>(counter_);
    for (std::size_t i = 8; i < 16; ++i) id.bytes[i] = take();
    id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80);
    return id;
}

}  // namespace platform
