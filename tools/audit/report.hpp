#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "tools/audit/audit.hpp"

namespace shop::audit {

/// How much was compared, so that "balanced" cannot mean "empty" unnoticed.
struct Extent {
    std::size_t orders = 0, reservations = 0, payments = 0, provider_moves = 0, events = 0;
    std::chrono::milliseconds took{0};
    std::optional<std::chrono::seconds> grace;
};

Extent extent_of(const Books& books);

bool balanced(const Checks& checks);

/// "books balanced", or "UNBALANCED: 3 findings in 2 checks".
std::string verdict(const Checks& checks);

/// A table for people, one line per check with its first offenders below, and the verdict as its last line.
std::string text_report(const Checks& checks, const Extent& extent);

/// The same as one JSON object and a line feed.
std::string json_report(const Checks& checks, const Extent& extent);

}  // namespace shop::audit
