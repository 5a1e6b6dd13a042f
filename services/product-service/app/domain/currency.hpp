#pragma once

#include <compare>
#include <span>
#include <string>
#include <string_view>

#include "platform/contract/scalar.hpp"

namespace shop::product {

/// The current codes of ISO 4217 that something can be paid in, sorted: no metals, funds or test codes.
std::span<const std::string_view> currency_codes();

/// A code of that list.
struct CurrencyCode {
    std::string value;

    auto operator<=>(const CurrencyCode&) const = default;
};

}  // namespace shop::product

template <>
struct platform::contract::Scalar<shop::product::CurrencyCode> {
    static Parsed<shop::product::CurrencyCode> parse(std::string_view text);
    static std::string_view text(const shop::product::CurrencyCode& code) { return code.value; }
    static boost::json::object schema();
};
