#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace platform::auth {

/// RFC 4648 section 5 without padding: the only form that JSON web tokens use.
std::string base64url(std::string_view bytes);

/// Nothing but the one canonical spelling is accepted: no padding, no white space, unused bits zero. Two
/// spellings of one token would be two entries of every list that names tokens.
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace platform::auth
