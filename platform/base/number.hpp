#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace platform {

/// The whole text as a number, read as std::from_chars does. Nothing for any other text, and for a number
/// that T cannot hold.
template <class T>
std::optional<T> number_of(std::string_view text) {
    T number{};
    const char* end = text.data() + text.size();
    const auto [stop, fault] = std::from_chars(text.data(), end, number);
    if (text.empty() || fault != std::errc{} || stop != end) return std::nullopt;
    return number;
}

}  // namespace platform
