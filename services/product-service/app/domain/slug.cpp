#include "services/product-service/app/domain/slug.hpp"

#include <algorithm>

namespace platform::contract {
namespace {

constexpr std::size_t length_max = 100;

bool is_word_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

}  // namespace

Parsed<shop::product::Slug> Scalar<shop::product::Slug>::parse(std::string_view text) {
    const bool sound = !text.empty() && text.size() <= length_max && !text.starts_with('-') &&
                       !text.ends_with('-') && !text.contains("--") &&
                       std::ranges::all_of(text, [](char c) { return c == '-' || is_word_character(c); });
    if (sound) return shop::product::Slug{std::string(text)};
    return std::unexpected("must be 1 to 100 lower-case letters, digits and single hyphens between them");
}

boost::json::object Scalar<shop::product::Slug>::schema() {
    return rules::text_schema(1, length_max, "^[a-z0-9]+(-[a-z0-9]+)*$");
}

}  // namespace platform::contract
