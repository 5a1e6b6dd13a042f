#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace platform {

/// A moment in UTC, to the microsecond: what PostgreSQL's timestamptz can hold.
using Time = std::chrono::sys_time<std::chrono::microseconds>;

/// RFC 3339 in UTC with a trailing Z and six fraction digits: "2026-11-22T18:00:00.000000Z".
std::string rfc3339(Time time);

/// Accepts any RFC 3339 offset and zero to nine fraction digits (cut to microseconds); nothing else.
std::optional<Time> parse_rfc3339(std::string_view text);

}  // namespace platform
