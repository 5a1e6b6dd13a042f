#include "services/product-service/app/domain/currency.hpp"

#include <gtest/gtest.h>

#include "services/product-service/app/domain/slug.hpp"

namespace shop::product {
namespace {

using platform::contract::read_text;

TEST(Currency, accepts_codes_that_are_current) {
    for (const auto* code : {"EUR", "USD", "JPY", "KWD", "XCG", "ZWG"})
        EXPECT_TRUE(read_text<CurrencyCode>(code)) << code;
}

TEST(Currency, refuses_what_is_withdrawn_or_no_money_or_no_code) {
    for (const auto* code : {"DEM", "HRK", "BGN", "XAU", "XXX", "XTS", "eur", "EU", "EURO", ""})
        EXPECT_FALSE(read_text<CurrencyCode>(code)) << code;
}

TEST(Slug, is_lower_case_words_with_single_hyphens) {
    for (const auto* slug : {"a", "linen-shirt", "usb-3-cable", "42"})
        EXPECT_TRUE(read_text<Slug>(slug)) << slug;
    for (const auto* slug : {"", "-a", "a-", "a--b", "A", "a b", "a_b", "\xc3\xa4"})
        EXPECT_FALSE(read_text<Slug>(slug)) << slug;
    EXPECT_TRUE(read_text<Slug>(std::string(100, 'a')));
    EXPECT_FALSE(read_text<Slug>(std::string(101, 'a')));
}

}  // namespace
}  // namespace shop::product
