#include "platform/base/time.hpp"

#include <array>
#include <cstdio>

namespace platform {
namespace {

/// Reads exactly `count` digits at the front of `text` and drops them; -1 if they are not there.
int digits(std::string_view& text, std::size_t count) {
    if (text.size() < count) return -1;
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (text[i] < '0' || text[i] > '9') return -1;
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(count);
    return value;
}

bool drop(std::string_view& text, std::string_view any_of) {
    if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<std::chrono::microseconds> fraction(std::string_view& text) {
    std::int64_t value = 0;
    std::size_t count = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        if (count < 6) value = value * 10 + (text.front() - '0');
        ++count;
        text.remove_prefix(1);
    }
    if (count == 0 || count > 9) return std::nullopt;
    for (; count < 6; ++count) value *= 10;
    return std::chrono::microseconds{value};
}

std::optional<std::chrono::minutes> offset(std::string_view& text) {
    if (drop(text, "Zz")) return std::chrono::minutes{0};
    if (text.empty()) return std::nullopt;
    const bool west = text.front() == '-';
    if (!drop(text, "+-")) return std::nullopt;
    const int hours = digits(text, 2);
    if (hours < 0 || hours > 23 || !drop(text, ":")) return std::nullopt;
    const int minutes = digits(text, 2);
    if (minutes < 0 || minutes > 59) return std::nullopt;
    const auto east = std::chrono::hours{hours} + std::chrono::minutes{minutes};
    return west ? -east : east;
}

}  // namespace

std::string rfc3339(Time time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    std::array<char, 40> out{};
    const int size =
        std::snprintf(out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", int{date.year()},
                      unsigned{date.month()}, unsigned{date.day()}, static_cast<int>(clock.hours().count()),
                      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
                      static_cast<int>(clock.subseconds().count()));
    return {out.data(), static_cast<std::size_t>(size)};
}

std::optional<Time> parse_rfc3339(std::string_view text) {
    const int year = digits(text, 4);
    if (year < 0 || !drop(text, "-")) return std::nullopt;
    const int month = digits(text, 2);
    if (month < 0 || !drop(text, "-")) return std::nullopt;
    const int day = digits(text, 2);
    if (day < 0 || !drop(text, "Tt ")) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    const int hour = digits(text, 2);
    if (!date.ok() || hour < 0 || hour > 23 || !drop(text, ":")) return std::nullopt;
    const int minute = digits(text, 2);
    if (minute < 0 || minute > 59 || !drop(text, ":")) return std::nullopt;
    const int second = digits(text, 2);
    if (second < 0 || second > 59) return std::nullopt;
    std::chrono::microseconds part{0};
    if (drop(text, ".")) {
        const auto parsed = fraction(text);
        if (!parsed) return std::nullopt;
        part = *parsed;
    }
    const auto east = offset(text);
    if (!east || !text.empty()) return std::nullopt;
    return Time{std::chrono::sys_days{date}} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
           std::chrono::seconds{second} + part - *east;
}

}  // namespace platform
