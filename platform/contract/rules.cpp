#include "platform/contract/rules.hpp"

#include <algorithm>
#include <charconv>

#include "platform/contract/types.hpp"

namespace platform::contract {
namespace rules {
namespace {

struct Scan {
    std::size_t length = 0;
    std::size_t invalid_at = std::string_view::npos;
    bool controls = false;
};

bool is_control(char32_t c, Controls controls) {
    if (controls == Controls::allow_line_breaks && (c == '\n' || c == '\t')) return false;
    return c < 0x20 || (c >= 0x7F && c <= 0x9F);
}

// Bytes of the sequence that starts at `at`, or 0 if it is not UTF-8; `c` receives the code point.
std::size_t decode(std::string_view text, std::size_t at, char32_t& c) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t size = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
    if (size == 0 || text.size() - at < size) return 0;
    c = size == 1 ? lead : static_cast<char32_t>(lead & (0x7F >> size));
    for (std::size_t i = 1; i < size; ++i) {
        const auto next = static_cast<unsigned char>(text[at + i]);
        if ((next & 0xC0) != 0x80) return 0;
        c = (c << 6) | (next & 0x3F);
    }
    const bool overlong = (size == 3 && c < 0x800) || (size == 4 && c < 0x10000);
    const bool surrogate = c >= 0xD800 && c <= 0xDFFF;
    return overlong || surrogate || c > 0x10FFFF ? 0 : size;
}

Scan scan(std::string_view text, Controls controls) {
    Scan result;
    for (std::size_t at = 0; at < text.size(); ++result.length) {
        if (text[at] >= 0x20 && text[at] < 0x7F) {
            ++at;
            continue;
        }
        char32_t c = 0;
        const std::size_t size = decode(text, at, c);
        if (size == 0) {
            result.invalid_at = at;
            return result;
        }
        result.controls = result.controls || is_control(c, controls);
        at += size;
    }
    return result;
}

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_local_part(std::string_view local) {
    if (local.empty() || local.size() > 64 || local.front() == '.' || local.back() == '.') return false;
    if (local.find("..") != std::string_view::npos) return false;
    return std::ranges::all_of(local, [](char c) {
        return is_letter_or_digit(c) ||
               std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
    });
}

bool is_domain(std::string_view domain) {
    std::size_t labels = 0;
    for (std::size_t start = 0; start <= domain.size(); ++labels) {
        const std::size_t end = std::min(domain.find('.', start), domain.size());
        const std::string_view label = domain.substr(start, end - start);
        if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
        if (!std::ranges::all_of(label, [](char c) { return is_letter_or_digit(c) || c == '-'; }))
            return false;
        start = end + 1;
    }
    return labels >= 2;
}

}  // namespace

std::optional<std::size_t> code_points(std::string_view text) {
    const Scan result = scan(text, Controls::refuse);
    if (result.invalid_at != std::string_view::npos) return std::nullopt;
    return result.length;
}

std::size_t first_invalid_byte(std::string_view text) { return scan(text, Controls::refuse).invalid_at; }

std::optional<std::string> fault_in_text(std::string_view text, std::size_t min, std::size_t max,
                                         Controls controls) {
    const Scan result = scan(text, controls);
    if (result.invalid_at != std::string_view::npos) return "must be valid UTF-8";
    if (result.length < min || result.length > max) return size_rule(min, max, "character");
    if (!result.controls) return std::nullopt;
    return controls == Controls::refuse ? "must not contain control characters"
                                        : "must not contain control characters other than line feed and tab";
}

std::optional<std::string> fault_in_token(std::string_view text, std::size_t min, std::size_t max) {
    const bool clean = std::ranges::all_of(
        text, [](char c) { return is_letter_or_digit(c) || c == '.' || c == '_' || c == ':' || c == '-'; });
    if (!clean) return "must consist of letters, digits and . _ : -";
    if (text.size() < min || text.size() > max) return size_rule(min, max, "character");
    return std::nullopt;
}

std::optional<std::string> fault_in_email(std::string_view text) {
    const std::size_t at = text.find('@');
    if (text.size() <= Email::length_max && at != std::string_view::npos &&
        is_local_part(text.substr(0, at)) && is_domain(text.substr(at + 1))) {
        return std::nullopt;
    }
    return "must be an e-mail address of at most 254 characters";
}

std::optional<std::string> fault_in_plain(std::string_view text) {
    if (first_invalid_byte(text) != std::string_view::npos) return "must be valid UTF-8";
    if (text.find('\0') != std::string_view::npos) return "must not contain NUL";
    return std::nullopt;
}

std::string size_rule(std::size_t min, std::size_t max, std::string_view unit) {
    std::string out = "must have ";
    if (min == max) {
        out += "exactly ";
    } else if (min == 0) {
        out += "at most ";
    } else {
        out += std::to_string(min) + " to ";
    }
    out += std::to_string(max) + ' ';
    out += unit;
    if (max != 1) out += 's';
    return out;
}

std::string range_rule(std::int64_t lo, std::int64_t hi) {
    return "must be an integer from " + std::to_string(lo) + " to " + std::to_string(hi);
}

std::optional<std::int64_t> whole_number(std::string_view text) {
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end) return std::nullopt;
    return number;
}

}  // namespace rules

std::string Email::normalised() const {
    std::string out = value;
    std::ranges::transform(
        out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
}

}  // namespace platform::contract
