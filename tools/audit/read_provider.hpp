#pragma once

#include <string>

#include "tools/audit/books.hpp"

namespace shop::audit {

/// Reads the provider's log, the independent witness. Half a line at its end is a write under way and is left
/// out; any other damage is noted for the report. Throws std::runtime_error when the file cannot be opened.
ProviderLog read_provider_log(const std::string& path, Names& names);

}  // namespace shop::audit
