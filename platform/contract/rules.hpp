#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The rules that the scalar types share. Each answers with the text of the broken rule, or with nothing.
namespace platform::contract::rules {

/// Number of code points, or nothing if the bytes are not UTF-8 (overlong forms and surrogates are not).
std::optional<std::size_t> code_points(std::string_view text);

/// Position of the first byte that is not part of valid UTF-8, or npos.
std::size_t first_invalid_byte(std::string_view text);

enum class Controls { refuse, allow_line_breaks };

std::optional<std::string> fault_in_text(std::string_view text, std::size_t min, std::size_t max, Controls);
std::optional<std::string> fault_in_token(std::string_view text, std::size_t min, std::size_t max);
std::optional<std::string> fault_in_email(std::string_view text);

/// For strings without a declared length: any UTF-8 without NUL, which PostgreSQL cannot store.
std::optional<std::string> fault_in_plain(std::string_view text);

/// "must have 1 to 64 characters"; the unit is given in the singular.
std::string size_rule(std::size_t min, std::size_t max, std::string_view unit);

/// "must be an integer from 1 to 99".
std::string range_rule(std::int64_t lo, std::int64_t hi);

/// Decimal digits with an optional minus sign and nothing else; nothing if it does not fit.
std::optional<std::int64_t> whole_number(std::string_view text);

}  // namespace platform::contract::rules
