#include "services/product-service/app/domain/currency.hpp"

#include <algorithm>
#include <array>

namespace shop::product {
namespace {

// As of 2026: the Bulgarian lev and the Netherlands Antillean guilder are gone, the Caribbean guilder (XCG)
// is there.
constexpr auto codes = std::to_array<std::string_view>({
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BHD", "BIF", "BMD",
    "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CLP", "CNY", "COP", "CRC",
    "CUP", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL",
    "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IQD", "IRR",
    "ISK", "JMD", "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT", "LAK", "LBP",
    "LKR", "LRD", "LSL", "LYD", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK",
    "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP", "PKR",
    "PLN", "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE",
    "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TND", "TOP", "TRY", "TTD", "TWD",
    "TZS", "UAH", "UGX", "USD", "UYU", "UZS", "VED", "VES", "VND", "VUV", "WST", "XAF", "XCD", "XCG", "XOF",
    "XPF", "YER", "ZAR", "ZMW", "ZWG",
});
static_assert(std::ranges::is_sorted(codes));

}  // namespace

std::span<const std::string_view> currency_codes() { return codes; }

}  // namespace shop::product

namespace platform::contract {

using shop::product::CurrencyCode;

Parsed<CurrencyCode> Scalar<CurrencyCode>::parse(std::string_view text) {
    if (std::ranges::binary_search(shop::product::currency_codes(), text))
        return CurrencyCode{std::string(text)};
    return std::unexpected("must be a current ISO 4217 currency code such as EUR");
}

boost::json::object Scalar<CurrencyCode>::schema() {
    return rules::enum_schema(shop::product::currency_codes());
}

}  // namespace platform::contract
