#include "platform/http/head_gate.hpp"

#include <algorithm>
#include <array>

namespace platform::http {
namespace {

constexpr std::size_t method_bytes_max = 32;
constexpr std::size_t content_length_digits_max = 18;  // More cannot be counted in 64 bits.

/// Fields whose repetition would let two readers pick different ones.
constexpr std::array<std::string_view, 7> unrepeatable{
    "content-length", "transfer-encoding", "authorization", "content-type",
    "expect",         "idempotency-key",   "host"};

constexpr std::array<bool, 256> characters_of(std::string_view more) {
    std::array<bool, 256> set{};
    for (char c = '0'; c <= '9'; ++c) set[static_cast<unsigned char>(c)] = true;
    for (char c = 'a'; c <= 'z'; ++c) set[static_cast<unsigned char>(c)] = true;
    for (char c = 'A'; c <= 'Z'; ++c) set[static_cast<unsigned char>(c)] = true;
    for (const char c : more) set[static_cast<unsigned char>(c)] = true;
    return set;
}
constexpr auto token_characters = characters_of("!#$%&'*+-.^_`|~");
constexpr auto target_characters = characters_of("-._~:/?[]@!$&'()*+,;=%");
constexpr auto host_characters = characters_of("-._~:[]!$&'()*+;=%");

bool all_in(std::string_view text, const std::array<bool, 256>& set) {
    return std::ranges::all_of(text, [&](char c) { return set[static_cast<unsigned char>(c)]; });
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_field_text(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

}  // namespace

HeadGate::Verdict HeadGate::judge(std::string_view received) {
    // Something that is not HTTP at all, such as a TLS greeting, may never send a line end.
    if (!request_line_seen_ && !received.empty() &&
        !token_characters[static_cast<unsigned char>(received[0])])
        return refuse(problems::bad_request, "does not begin with a method");
    for (;;) {
        const auto feed = received.find('\n', scanned_);
        if (std::min(feed, received.size()) >= limits_.bytes_max)
            return refuse(problems::head_too_large, "head is too large");
        if (feed == std::string_view::npos) {
            scanned_ = received.size();
            return Verdict::incomplete;
        }
        if (feed == line_begin_ || received[feed - 1] != '\r')
            return refuse(problems::bad_request, "line feed without carriage return");
        const auto line = received.substr(line_begin_, feed - 1 - line_begin_);
        line_begin_ = scanned_ = feed + 1;
        if (line.empty()) return finish();
        if (!(request_line_seen_ ? accept_field(line) : accept_request_line(line))) return Verdict::refused;
    }
}

HeadGate::Verdict HeadGate::refuse(const Problem& problem, std::string_view reason) {
    problem_ = &problem;
    reason_ = reason;
    return Verdict::refused;
}

bool HeadGate::refuse_line(std::string_view reason) {
    refuse(problems::bad_request, reason);
    return false;
}

bool HeadGate::accept_request_line(std::string_view line) {
    request_line_seen_ = true;
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last)
        return refuse_line("request line has not three parts");
    const auto method = line.substr(0, first);
    const auto target = line.substr(first + 1, last - first - 1);
    if (method.empty() || method.size() > method_bytes_max || !all_in(method, token_characters))
        return refuse_line("method is not a token");
    if (!target.starts_with('/')) return refuse_line("target is not a path");
    if (!all_in(target, target_characters)) return refuse_line("target has a character that must be encoded");
    return accept_version(line.substr(last + 1));
}

bool HeadGate::accept_version(std::string_view version) {
    http_1_1_ = version == "HTTP/1.1";
    if (http_1_1_ || version == "HTTP/1.0") return true;
    if (version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) && version[6] == '.' &&
        is_digit(version[7])) {
        refuse(problems::version_not_supported, "HTTP version is not spoken");
        return false;
    }
    return refuse_line("HTTP version is malformed");
}

bool HeadGate::accept_field(std::string_view line) {
    if (line.front() == ' ' || line.front() == '\t') return refuse_line("folded field");
    if (++fields_ > limits_.fields_max) {
        refuse(problems::head_too_large, "too many fields");
        return false;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return refuse_line("field without a colon");
    const auto name = line.substr(0, colon);
    if (name.empty() || !all_in(name, token_characters)) return refuse_line("field name is not a token");
    if (!std::ranges::all_of(line.substr(colon + 1), is_field_text))
        return refuse_line("control character in a field");
    for (std::size_t i = 0; i < unrepeatable.size(); ++i) {
        if (unrepeatable[i].size() != name.size() || !equal_ignoring_case(unrepeatable[i], name)) continue;
        if ((seen_once_ & (1U << i)) != 0) return refuse_line("field must not be repeated");
        seen_once_ |= 1U << i;
        return accept_framing(unrepeatable[i], trimmed(line.substr(colon + 1)));
    }
    return true;
}

bool HeadGate::accept_framing(std::string_view name, std::string_view value) {
    if (name == "content-length") {
        content_length_ = true;
        if (value.empty() || !std::ranges::all_of(value, is_digit))
            return refuse_line("Content-Length is not a number");
        if (value.size() > content_length_digits_max) {
            refuse(problems::body_too_large, "Content-Length is beyond counting");
            return false;
        }
    } else if (name == "transfer-encoding") {
        transfer_encoding_ = true;
        if (!equal_ignoring_case(value, "chunked")) return refuse_line("Transfer-Encoding is not chunked");
    } else if (name == "host") {
        ++hosts_;
        if (!all_in(value, host_characters)) return refuse_line("Host is malformed");
    } else if (name == "expect") {
        expects_continue_ = equal_ignoring_case(value, "100-continue");
        if (!expects_continue_) {
            refuse(problems::expectation_failed, "unknown expectation");
            return false;
        }
    }
    return true;
}

HeadGate::Verdict HeadGate::finish() {
    if (!request_line_seen_) return refuse(problems::bad_request, "empty line instead of a request");
    if (content_length_ && transfer_encoding_)
        return refuse(problems::bad_request, "both Content-Length and Transfer-Encoding");
    if (http_1_1_ && hosts_ == 0) return refuse(problems::bad_request, "no Host");
    if (!http_1_1_ && transfer_encoding_)
        return refuse(problems::bad_request, "Transfer-Encoding in HTTP/1.0");
    // Only HTTP/1.1 knows interim responses.
    expects_continue_ = expects_continue_ && http_1_1_;
    return Verdict::complete;
}

}  // namespace platform::http
