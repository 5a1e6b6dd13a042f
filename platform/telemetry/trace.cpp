#include "platform/telemetry/trace.hpp"

#include <algorithm>
#include <cstring>
#include <random>
#include <span>

namespace platform::telemetry {
namespace {

constexpr std::size_t header_length = 55;  // 00-<32>-<16>-<2>

void fill_randomly(std::span<std::uint8_t> bytes) {
    thread_local std::mt19937_64 generator = [] {
        std::random_device device;
        std::seed_seq seed{device(), device(), device(), device(), device(), device(), device(), device()};
        return std::mt19937_64(seed);
    }();
    for (std::size_t i = 0; i < bytes.size(); i += sizeof(std::uint64_t)) {
        // The lowest bit is set because an id of zeros is invalid.
        const std::uint64_t word = generator() | 1;
        std::memcpy(bytes.data() + i, &word, std::min(sizeof word, bytes.size() - i));
    }
}

void append_hex(std::string& text, std::span<const std::uint8_t> bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    for (const auto byte : bytes) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
}

/// Lower case only: the specification forbids the rest, and one id must have one spelling.
int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

bool read_hex(std::string_view text, std::span<std::uint8_t> bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const int high = hex_digit(text[2 * i]);
        const int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return true;
}

bool all_zero(std::span<const std::uint8_t> bytes) {
    return std::ranges::all_of(bytes, [](auto byte) { return byte == 0; });
}

}  // namespace

Trace Trace::start() {
    Trace trace;
    fill_randomly(trace.trace_id);
    fill_randomly(trace.span_id);
    trace.flags = 1;
    return trace;
}

std::optional<Trace> Trace::parse(std::string_view text) {
    if (text.size() < header_length || text[2] != '-' || text[35] != '-' || text[52] != '-') return {};
    std::array<std::uint8_t, 1> version{};
    std::array<std::uint8_t, 1> flags{};
    Trace trace;
    if (!read_hex(text, version) || !read_hex(text.substr(3), trace.trace_id) ||
        !read_hex(text.substr(36), trace.span_id) || !read_hex(text.substr(53), flags))
        return {};
    // Later versions may append fields after another dash; version 0 may not, and ff never exists.
    if (version[0] == 0xff) return {};
    if (text.size() > header_length && (version[0] == 0 || text[header_length] != '-')) return {};
    if (!trace.valid()) return {};
    trace.flags = flags[0] & 1;
    return trace;
}

Trace Trace::child() const {
    Trace trace = *this;
    fill_randomly(trace.span_id);
    return trace;
}

bool Trace::valid() const { return !all_zero(trace_id) && !all_zero(span_id); }

std::string Trace::header() const {
    std::string text;
    text.reserve(header_length);
    text += "00-";
    append_hex(text, trace_id);
    text += '-';
    append_hex(text, span_id);
    text += '-';
    append_hex(text, {&flags, 1});
    return text;
}

std::string Trace::id_text() const {
    std::string text;
    text.reserve(2 * trace_id.size());
    append_hex(text, trace_id);
    return text;
}

}  // namespace platform::telemetry
