#pragma once

#include <compare>
#include <string>

#include "platform/contract/scalar.hpp"

namespace shop::product {

/// The name of a product or category in an address: lower-case words and digits joined by single hyphens, 1
/// to 100 characters, so that one thing has one spelling and needs no escaping.
struct Slug {
    std::string value;

    auto operator<=>(const Slug&) const = default;
};

}  // namespace shop::product

template <>
struct platform::contract::Scalar<shop::product::Slug> {
    static Parsed<shop::product::Slug> parse(std::string_view text);
    static std::string_view text(const shop::product::Slug& slug) { return slug.value; }
    static boost::json::object schema();
};
