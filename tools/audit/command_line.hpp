#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tools/audit/read_databases.hpp"

namespace shop::audit {

struct Command {
    std::string json_file;                      // Empty: no JSON is asked for.
    std::string clients_file;                   // Empty: no client keeps a history.
    std::optional<std::chrono::seconds> grace;  // Absent: nothing is under way.
};

extern const std::string_view usage;

/// The arguments after the program's name. The error says what is wrong with them; it is empty when only
/// help is asked for.
std::expected<Command, std::string> read_command_line(std::span<const std::string_view> arguments);

/// Where everything is.
struct Sources {
    DatabaseUrls databases;
    std::string broker_management;
    std::string provider_log;  // Empty: there is none, and what needs it is not checked.
    std::string redis;         // The same.
};

/// From the environment; the error names every variable that is missing.
std::expected<Sources, std::string> read_sources(const std::function<const char*(const char*)>& environment);

}  // namespace shop::audit
