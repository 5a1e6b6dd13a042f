#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shop::provider {

/// Names and values in the order they came.
using Fields = std::vector<std::pair<std::string, std::string>>;

/// Parameters as application/x-www-form-urlencoded, as Stripe takes them: metadata[order_id]=1&amount=500.
struct Form {
    Fields fields;

    std::optional<std::string_view> find(std::string_view name) const;

    /// What is inside the brackets, and its value, for every name[...].
    Fields nested(std::string_view name) const;
};

/// nullopt: a percent sign without two hexadecimal digits, or bytes that are not UTF-8.
std::optional<Form> parse_form(std::string_view text);

/// A number that is the same for the same endpoint and parameters, in whatever order they were sent; it is
/// written to the log, so it is the same in every build.
std::uint64_t fingerprint(std::string_view endpoint, const Form& form);

}  // namespace shop::provider
