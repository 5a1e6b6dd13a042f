#include "platform/telemetry/log.hpp"

#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

#include "platform/base/time.hpp"
#include "platform/telemetry/log_writer.hpp"

namespace platform::telemetry {
namespace {

constexpr std::size_t buffer_bytes_max = 4U << 20U;
constexpr std::size_t text_bytes_max = 4096;  // Of one value: a log line explains, it does not archive.
constexpr std::array<std::string_view, 5> level_names{"debug", "info", "warn", "error", "off"};

/// The one thing in the process that is global, because standard output is. Never destroyed: other threads
/// may log until the very end; flush_log() is what empties it.
struct Sink {
    std::string service;
    Level least = Level::info;
    LogWriter writer{STDOUT_FILENO, buffer_bytes_max};
};

Sink& sink() {
    static Sink& only = *new Sink;
    return only;
}

/// Length of the well-formed UTF-8 sequence at the front, 0 if there is none.
std::size_t utf8_length(std::string_view text) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(i < text.size() ? text[i] : 0); };
    const auto follows = [&](std::size_t i) { return (at(i) & 0xC0U) == 0x80U; };
    const unsigned first = at(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF && follows(1)) return 2;
    if (first >= 0xE0 && first <= 0xEF && follows(1) && follows(2)) {
        // Overlong forms and surrogates have a second spelling or none at all.
        if ((first == 0xE0 && at(1) < 0xA0) || (first == 0xED && at(1) > 0x9F)) return 0;
        return 3;
    }
    if (first >= 0xF0 && first <= 0xF4 && follows(1) && follows(2) && follows(3)) {
        if ((first == 0xF0 && at(1) < 0x90) || (first == 0xF4 && at(1) > 0x8F)) return 0;
        return 4;
    }
    return 0;
}

void append_text(std::string& line, std::string_view text) {
    static constexpr char digits[] = "0123456789abcdef";
    const bool cut = text.size() > text_bytes_max;
    if (cut) text = text.substr(0, text_bytes_max);
    line += '"';
    while (!text.empty()) {
        const auto c = static_cast<unsigned char>(text.front());
        std::size_t length = 1;
        if (c == '"' || c == '\\') {
            line += '\\';
            line += text.front();
        } else if (c == '\n') {
            line += "\\n";
        } else if (c < 0x20 || c == 0x7f) {
            line += "\\u00";
            line += digits[c >> 4U];
            line += digits[c & 15U];
        } else if (length = utf8_length(text); length > 0) {
            line += text.substr(0, length);
        } else {
            line += "\\ufffd";
            length = 1;
        }
        text.remove_prefix(length);
    }
    line += cut ? "...\"" : "\"";
}

struct AppendValue {
    std::string& line;

    void operator()(std::string_view text) const { append_text(line, text); }
    void operator()(bool flag) const { line += flag ? "true" : "false"; }
    void operator()(std::int64_t number) const { append_number(number); }
    void operator()(double number) const {
        // JSON has no infinities.
        if (std::isfinite(number))
            append_number(number);
        else
            line += "null";
    }

    template <class T>
    void append_number(T number) const {
        std::array<char, 32> buffer;
        const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
        line.append(buffer.data(), end);
    }
};

void append_line(std::string& line, std::int64_t time, std::string_view service, Level level,
                 std::string_view message, std::span<const Field> fields, const Trace* trace) {
    line += R"({"time":")";
    line += rfc3339(Time{std::chrono::microseconds{time}});
    line += R"(","level":")";
    line += level_names[static_cast<std::size_t>(level)];
    line += R"(","service":)";
    append_text(line, service);
    line += R"(,"message":)";
    append_text(line, message);
    if (trace != nullptr && trace->valid()) {
        line += R"(,"trace_id":")";
        line += trace->id_text();
        line += '"';
    }
    for (const auto& field : fields) {
        line += ',';
        append_text(line, field.name);
        line += ':';
        std::visit(AppendValue{line}, field.value);
    }
    line += "}\n";
}

}  // namespace

void log(Level level, std::string_view message, std::initializer_list<Field> fields,
         const Trace* trace) noexcept {
    auto& to = sink();
    if (level < to.least || level >= Level::off) return;
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    thread_local std::string line;
    line.clear();
    append_line(line, now.count(), to.service, level, message, {fields.begin(), fields.size()}, trace);
    to.writer.write(line);
}

void configure_log(std::string service, Level least) {
    sink().service = std::move(service);
    sink().least = least;
}

std::optional<Level> level_of(std::string_view name) {
    for (std::size_t i = 0; i < level_names.size(); ++i)
        if (level_names[i] == name) return static_cast<Level>(i);
    return {};
}

void flush_log() { sink().writer.flush(flush_log_limit); }

std::uint64_t dropped_log_lines() { return sink().writer.dropped(); }

std::string log_line(std::int64_t time, std::string_view service, Level level, std::string_view message,
                     std::span<const Field> fields, const Trace* trace) {
    std::string line;
    append_line(line, time, service, level, message, fields, trace);
    return line;
}

}  // namespace platform::telemetry
