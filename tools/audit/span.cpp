#include "tools/audit/span.hpp"

#include <chrono>

namespace shop::audit {

namespace {

Uuid id_at(Time time) {
    if (time == Time::max()) {
        Uuid last;
        last.bytes.fill(0xff);
        return last;
    }
    Uuid id;
    if (time <= Time{}) return id;
    const auto ms = static_cast<std::uint64_t>(
        std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count());
    for (std::size_t i = 0; i < 6; ++i) id.bytes[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
    return id;
}

}  // namespace

Uuid Span::first() const { return id_at(from); }
Uuid Span::end() const { return id_at(until); }

}  // namespace shop::audit
