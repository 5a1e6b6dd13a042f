#pragma once

#include <string_view>

#include "tools/audit/read_databases.hpp"

/// Outbox and inbox of one service.
namespace shop::audit {

/// With a whole span everything; with a part of one only the inboxes of queues that are known, because that
/// is what their index finds.
void read_service_messages(Snapshot& database, std::string_view service, const Span& span, Books& books);

/// What was to be sent before this time and has not been.
void read_unsent(Snapshot& database, std::string_view service, Time before, Books& books);

}  // namespace shop::audit
