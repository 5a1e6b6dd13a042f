#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/time.hpp"

namespace shop::republish {

struct Command {
    platform::Time from;
    std::optional<platform::Time> to;      // Exclusive; none: now.
    std::optional<std::string> subject;    // An order id or a SKU.
    std::optional<std::string> type;       // Of event.
    std::optional<std::string> service;    // Only what this one has published, for example "order".
    std::int64_t times = 1;                // Copies of each event.
    std::optional<std::uint64_t> shuffle;  // The seed of a random order; none: oldest first.
};

extern const std::string_view usage;

/// The arguments after the program's name. The error says what is wrong with them; it is empty when help was
/// asked for.
std::expected<Command, std::string> read_command_line(std::span<const std::string_view> arguments);

/// A service's retained events.
struct Source {
    std::string service;  // "order"
    std::string database_url;
};

struct Sources {
    std::vector<Source> services;
    std::string broker_url;
};

/// From SHOP_*_DATABASE_URL and SHOP_BROKER_URL. The error names what is not set.
std::expected<Sources, std::string> read_sources(const std::function<const char*(const char*)>& environment);

}  // namespace shop::republish
