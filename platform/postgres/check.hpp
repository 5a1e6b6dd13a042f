#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace platform::postgres {

/// Prepares the registered statements whose name begins with one of the prefixes (with none: all) on the
/// database at `url` and compares: that the SQL is accepted with the declared parameter types, the number of
/// parameters, and number, names and types of the result columns. One readable line per disagreement; empty
/// when all is well. Blocks; for tests, on a migrated schema. Throws ConnectionLost when there is no
/// database.
std::vector<std::string> check_statements(std::string_view url,
                                          std::initializer_list<std::string_view> prefixes = {});

}  // namespace platform::postgres
