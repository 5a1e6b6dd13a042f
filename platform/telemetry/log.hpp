#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "platform/telemetry/trace.hpp"

namespace platform::telemetry {

enum class Level : std::uint8_t { debug, info, warn, error, off };

/// One named value of a log line. It views the text it is given, so it lives no longer than the call. Bodies,
/// tokens and card data are never fields: whoever reads the logs need not be trusted with them.
struct Field {
    using Value = std::variant<std::string_view, std::int64_t, double, bool>;

    Field(std::string_view field_name, std::string_view text) : name(field_name), value(text) {}
    Field(std::string_view field_name, const std::string& text)
        : name(field_name), value(std::string_view(text)) {}
    Field(std::string_view field_name, const char* text) : name(field_name), value(std::string_view(text)) {}
    Field(std::string_view field_name, bool flag) : name(field_name), value(flag) {}
    template <std::integral T>
    Field(std::string_view field_name, T number)
        : name(field_name), value(static_cast<std::int64_t>(number)) {}
    template <std::floating_point T>
    Field(std::string_view field_name, T number) : name(field_name), value(static_cast<double>(number)) {}

    std::string_view name;
    Value value;
};

/// One JSON object on one line of standard output: time, level, service, message, trace_id, then the fields.
/// Everything is escaped, so no value can forge a line. Never blocks and never throws: lines go through a
/// bounded buffer to a thread of its own, and what does not fit is counted and reported, not waited for.
void log(Level level, std::string_view message, std::initializer_list<Field> fields = {},
         const Trace* trace = nullptr) noexcept;

inline void log_debug(std::string_view message, std::initializer_list<Field> fields = {},
                      const Trace* trace = nullptr) noexcept {
    log(Level::debug, message, fields, trace);
}
inline void log_info(std::string_view message, std::initializer_list<Field> fields = {},
                     const Trace* trace = nullptr) noexcept {
    log(Level::info, message, fields, trace);
}
inline void log_warn(std::string_view message, std::initializer_list<Field> fields = {},
                     const Trace* trace = nullptr) noexcept {
    log(Level::warn, message, fields, trace);
}
inline void log_error(std::string_view message, std::initializer_list<Field> fields = {},
                      const Trace* trace = nullptr) noexcept {
    log(Level::error, message, fields, trace);
}

/// Names the service and the least level that is written. Called once, by main, before threads start; until
/// then lines are written at level info without a service.
void configure_log(std::string service, Level least);

/// "debug", "info", "warn", "error", "off"; nothing else is a level.
std::optional<Level> level_of(std::string_view name);

/// How long a process that ends waits for whoever reads its log.
inline constexpr std::chrono::milliseconds flush_log_limit{500};

/// Waits until everything logged so far has been written, but no longer than `flush_log_limit`: the last
/// thing a process does, and a reader that has stopped must not keep it from its end.
void flush_log();

/// Lines lost since the process began because the reader of the log was slower than we are.
std::uint64_t dropped_log_lines();

/// The line that log() would write, with its line feed. `time` is microseconds since 1970.
std::string log_line(std::int64_t time, std::string_view service, Level level, std::string_view message,
                     std::span<const Field> fields, const Trace* trace);

}  // namespace platform::telemetry
