#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace shop::dead_letters {

struct Counts {};

struct List {
    std::string queue;
    std::size_t limit = 50;
};

struct Show {
    std::string queue;
    std::string id;
};

struct Requeue {
    std::string queue;
    std::optional<std::string> id;  // None: all.
};

using Command = std::variant<Counts, List, Show, Requeue>;

extern const std::string_view usage;

/// The arguments after the program's name. The error says what is wrong with them; it is empty when only
/// help is asked for.
std::expected<Command, std::string> read_command_line(std::span<const std::string_view> arguments);

}  // namespace shop::dead_letters
