#include "platform/contract/scalar.hpp"

#include <boost/json/array.hpp>
#include <charconv>
#include <cmath>

namespace platform::contract {
namespace rules {

boost::json::object text_schema(std::size_t min, std::size_t max, std::string_view pattern) {
    boost::json::object out = type_schema("string");
    if (min > 0) out["minLength"] = min;
    out["maxLength"] = max;
    if (!pattern.empty()) out["pattern"] = pattern;
    return out;
}

boost::json::object format_schema(std::string_view format) {
    boost::json::object out = type_schema("string");
    out["format"] = format;
    return out;
}

boost::json::object enum_schema(std::span<const std::string_view> names) {
    boost::json::object out = type_schema("string");
    out["enum"] = boost::json::array(names.begin(), names.end());
    return out;
}

boost::json::object integer_schema(std::int64_t lo, std::int64_t hi) {
    boost::json::object out = type_schema("integer");
    out["minimum"] = lo;
    out["maximum"] = hi;
    return out;
}

boost::json::object type_schema(std::string_view type) { return {{"type", type}}; }

Parsed<std::int64_t> integer(const boost::json::value& json, std::int64_t lo, std::int64_t hi) {
    // Boost.JSON keeps what is written without fraction and exponent as an integer; numbers above 2^63 are
    // unsigned or double there and out of every range of ours.
    const std::int64_t* number = json.if_int64();
    std::int64_t converted = 0;
    if (const auto* natural = json.if_uint64();
        natural && *natural <= std::numeric_limits<std::int64_t>::max()) {
        converted = static_cast<std::int64_t>(*natural);
        number = &converted;
    }
    if (number == nullptr || *number < lo || *number > hi) return std::unexpected(range_rule(lo, hi));
    return *number;
}

Parsed<std::int64_t> integer(std::string_view text, std::int64_t lo, std::int64_t hi) {
    const auto number = whole_number(text);
    if (!number || *number < lo || *number > hi) return std::unexpected(range_rule(lo, hi));
    return *number;
}

void append_integer(std::string& out, std::int64_t number) {
    std::array<char, 24> buffer;
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
    out.append(buffer.data(), end);
}

std::string names_rule(std::span<const std::string_view> names) {
    std::string out = "must be one of ";
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0) out += ", ";
        out += names[i];
    }
    return out;
}

}  // namespace rules

boost::json::object Scalar<Email>::schema() {
    boost::json::object out = rules::text_schema(3, Email::length_max);
    out["format"] = "email";
    return out;
}

Parsed<double> Scalar<double>::from(const boost::json::value& json) {
    if (const auto* number = json.if_int64()) return static_cast<double>(*number);
    if (const auto* number = json.if_uint64()) return static_cast<double>(*number);
    if (const auto* number = json.if_double(); number && std::isfinite(*number)) return *number;
    return std::unexpected("must be a number");
}

Parsed<double> Scalar<double>::parse(std::string_view text) {
    double number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end || !std::isfinite(number))
        return std::unexpected("must be a number");
    return number;
}

void Scalar<double>::append(std::string& out, double value) {
    if (!std::isfinite(value)) {
        out += "null";
        return;
    }
    std::array<char, 32> buffer;
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    out.append(buffer.data(), end);
}

Parsed<bool> Scalar<bool>::from(const boost::json::value& json) {
    if (const auto* flag = json.if_bool()) return *flag;
    return std::unexpected("must be true or false");
}

Parsed<bool> Scalar<bool>::parse(std::string_view text) {
    if (text == "true") return true;
    if (text == "false") return false;
    return std::unexpected("must be true or false");
}

}  // namespace platform::contract
