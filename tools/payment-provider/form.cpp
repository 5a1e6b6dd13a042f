#include "tools/payment-provider/form.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace shop::provider {
namespace {

std::optional<std::string> decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i] == '+' ? ' ' : text[i];
            continue;
        }
        unsigned char byte = 0;
        const char* digits = text.data() + i + 1;
        if (i + 2 >= text.size()) return std::nullopt;
        if (std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2) return std::nullopt;
        out += static_cast<char>(byte);
        i += 2;
    }
    return out;
}

/// The log is JSON, which holds nothing but UTF-8 (without surrogates and overlong forms).
bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const std::size_t length = byte < 0x80    ? 1
                                   : byte >= 0xf0 ? 4
                                   : byte >= 0xe0 ? 3
                                   : byte >= 0xc2 ? 2
                                                  : 0;
        if (length == 0 || i + length > text.size()) return false;
        char32_t point = length == 1 ? byte : byte & (0x7fu >> length);
        for (std::size_t j = 1; j < length; ++j) {
            const auto next = static_cast<unsigned char>(text[i + j]);
            if ((next & 0xc0) != 0x80) return false;
            point = point << 6 | (next & 0x3f);
        }
        constexpr std::array least{U'\0', U'\0', U'\x80', U'\x800', U'\x10000'};
        if (point < least[length] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return false;
        i += length;
    }
    return true;
}

}  // namespace

std::optional<std::string_view> Form::find(std::string_view name) const {
    for (const auto& [key, value] : fields)
        if (key == name) return value;
    return std::nullopt;
}

Fields Form::nested(std::string_view name) const {
    Fields found;
    for (const auto& [key, value] : fields)
        if (key.size() > name.size() + 2 && key.starts_with(name) && key[name.size()] == '[' &&
            key.back() == ']')
            found.emplace_back(key.substr(name.size() + 1, key.size() - name.size() - 2), value);
    return found;
}

std::optional<Form> parse_form(std::string_view text) {
    Form form;
    while (!text.empty()) {
        const auto end = text.find('&');
        const auto field = text.substr(0, end);
        text = end == text.npos ? std::string_view{} : text.substr(end + 1);
        if (field.empty()) continue;
        const auto equals = field.find('=');
        auto name = decode(field.substr(0, equals));
        auto value = decode(equals == field.npos ? std::string_view{} : field.substr(equals + 1));
        if (!name || !value || !is_utf8(*name) || !is_utf8(*value)) return std::nullopt;
        form.fields.emplace_back(std::move(*name), std::move(*value));
    }
    return form;
}

std::uint64_t fingerprint(std::string_view endpoint, const Form& form) {
    std::uint64_t hash = 14695981039346656037ull;  // FNV-1a
    auto add = [&](std::string_view text) {
        for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
        hash = (hash ^ 0xff) * 1099511628211ull;  // Keeps "ab","c" apart from "a","bc".
    };
    add(endpoint);
    auto sorted = form.fields;
    std::ranges::sort(sorted);
    for (const auto& [name, value] : sorted) {
        add(name);
        add(value);
    }
    return hash;
}

}  // namespace shop::provider
