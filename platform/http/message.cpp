#include "platform/http/message.hpp"

#include <algorithm>

namespace platform::http {
namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

bool equal_ignoring_case(std::string_view one, std::string_view other) {
    return std::ranges::equal(one, other, [](char a, char b) { return lower(a) == lower(b); });
}

Headers::Headers(std::initializer_list<Entry> entries) {
    for (const auto& entry : entries) add(entry.name, entry.value);
}

void Headers::reserve(std::size_t text_bytes, std::size_t fields) {
    text_.reserve(text_bytes);
    fields_.reserve(fields);
}

void Headers::add(std::string_view name, std::string_view value) {
    fields_.push_back({static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(name.size()),
                       static_cast<std::uint32_t>(value.size())});
    text_ += name;
    text_ += value;
}

Headers::Entry Headers::operator[](std::size_t index) const {
    const auto& place = fields_[index];
    const std::string_view text = text_;
    return {text.substr(place.begin, place.name_length),
            text.substr(place.begin + place.name_length, place.value_length)};
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
    for (std::size_t i = 0; i < fields_.size(); ++i) {
        if (fields_[i].name_length != name.size()) continue;
        const auto entry = (*this)[i];
        if (equal_ignoring_case(entry.name, name)) return entry.value;
    }
    return {};
}

std::size_t Headers::count(std::string_view name) const {
    std::size_t found = 0;
    for (std::size_t i = 0; i < fields_.size(); ++i)
        found += equal_ignoring_case((*this)[i].name, name) ? 1 : 0;
    return found;
}

}  // namespace platform::http
