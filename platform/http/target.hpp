#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/contract/query.hpp"

namespace platform::http {

/// The decoded segments of a path: "/a/b%20c" is {"a", "b c"} and "/" is {""}. Nothing for a path that
/// somebody else might read differently: a broken percent-encoding, an encoded slash or backslash, a "." or
/// ".." segment in any spelling, a control character.
std::optional<std::vector<std::string>> path_segments(std::string_view path);

/// The decoded parameters of a query string in their order; "+" is a space. Nothing for a broken encoding or
/// a control character.
std::optional<contract::Parameters> query_parameters(std::string_view query);

/// Encodes everything but unreserved characters, so that text of any kind is one segment or one value.
std::string percent_encode(std::string_view text);

}  // namespace platform::http
