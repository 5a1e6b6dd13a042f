#pragma once

#include <chrono>
#include <string_view>
#include <vector>

#include "tools/audit/books.hpp"

namespace shop::audit {

/// What the management API of the broker at http://user:password@host:port[/vhost] says about its queues. Its
/// figures lag a few seconds behind, so with some `patience` it is asked again until every queue but those of
/// dead letters is empty. Blocks. Throws platform::Unavailable without an answer and std::runtime_error for
/// an answer that makes no sense.
std::vector<Queue> read_queues(std::string_view management_url, std::chrono::seconds patience);

}  // namespace shop::audit
