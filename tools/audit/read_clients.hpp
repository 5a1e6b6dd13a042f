#pragma once

#include <string>
#include <vector>

#include "tools/audit/books.hpp"

namespace shop::audit {

/// What clients asked for and were told, from a file of JSON lines: one when an operation is asked for
/// ("phase":"invoke") and one when its answer came ("ok", "fail" for certainly not done, "info" for unknown):
///   {"at":"2026-11-22T18:00:00.000Z","op":7,"kind":"place","phase":"ok","user":"...","key":"...",
///    "order":"...","status":202,"outcome":"pending"}
/// `op` numbers operations, whatever was repeated for them; `kind` is place or cancel; `order`, `status` and
/// `outcome` may be absent. Half a line at the end is one that was being written. Read it before the
/// databases: what it says was acknowledged must be in them. Throws std::runtime_error naming file, line and
/// what is wrong with it.
std::vector<ClientOperation> read_clients(const std::string& path);

}  // namespace shop::audit
