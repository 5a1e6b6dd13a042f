#include "tools/load/response_reader.hpp"

#include <algorithm>
#include <charconv>

namespace shop::load {

namespace {

template <class T>
std::optional<T> number_of(std::string_view text) {
    T number{};
    const char* end = text.data() + text.size();
    const auto [stop, fault] = std::from_chars(text.data(), end, number);
    if (text.empty() || fault != std::errc{} || stop != end) return std::nullopt;
    return number;
}

/// `lower` is in lower case.
bool same(std::string_view text, std::string_view lower) {
    return std::ranges::equal(text, lower,
                              [](char a, char b) { return a == b || (a >= 'A' && a <= 'Z' && a + 32 == b); });
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
}

}  // namespace

std::span<char> ResponseReader::room() { return std::span(buffer_).subspan(filled_); }

ResponseReader::State ResponseReader::took(std::size_t bytes) {
    if (body_left_) {
        // A closed loop has one request under way, so nothing may follow its answer.
        if (bytes > *body_left_) return State::broken;
        *body_left_ -= bytes;
        return *body_left_ == 0 ? State::complete : State::more;
    }
    filled_ += bytes;
    const std::string_view text(buffer_.data(), filled_);
    const auto end = text.find("\r\n\r\n");
    if (end == std::string_view::npos) return filled_ == buffer_.size() ? State::broken : State::more;
    if (!read_head(text.substr(0, end + 2))) return State::broken;
    body_left_ = content_length_;
    const auto behind = filled_ - (end + 4);
    // From here on the buffer only receives bytes that are counted.
    filled_ = 0;
    return behind == 0 && content_length_ > 0 ? State::more : took(behind);
}

void ResponseReader::begin() {
    filled_ = 0;
    body_left_.reset();
    content_length_ = 0;
    answer_.status = 0;
    answer_.retry_after.reset();
    answer_.location.clear();
    answer_.keep_alive = true;
}

/// Every line of the head ends with a line break.
bool ResponseReader::read_head(std::string_view head) {
    constexpr std::string_view version = "HTTP/1.1 ";
    if (!head.starts_with(version)) return false;
    const auto status = number_of<int>(head.substr(version.size(), 3));
    if (!status || *status < 200) return false;
    answer_.status = *status;
    auto begin = head.find("\r\n") + 2;
    while (begin < head.size()) {
        const auto end = head.find("\r\n", begin);
        const auto line = head.substr(begin, end - begin);
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) return false;
        if (!read_field(line.substr(0, colon), trimmed(line.substr(colon + 1)))) return false;
        begin = end + 2;
    }
    return true;
}

bool ResponseReader::read_field(std::string_view name, std::string_view value) {
    if (same(name, "content-length")) {
        const auto length = number_of<std::size_t>(value);
        if (!length) return false;
        content_length_ = *length;
    } else if (same(name, "retry-after")) {
        if (const auto seconds = number_of<int>(value)) answer_.retry_after = std::chrono::seconds(*seconds);
    } else if (same(name, "location")) {
        answer_.location = value;
    } else if (same(name, "connection")) {
        answer_.keep_alive = !same(value, "close");
    } else if (same(name, "transfer-encoding")) {
        return false;
    }
    return true;
}

}  // namespace shop::load
