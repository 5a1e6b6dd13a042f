#pragma once

#include <string>
#include <vector>

#include "platform/base/uuid.hpp"
#include "platform/postgres/transaction.hpp"

namespace platform::messaging {

/// An event to be published if, and only if, the transaction that writes it commits.
struct OutboxRow {
    Uuid id;
    std::string type;
    std::string subject;
    std::string data;         // JSON text.
    std::string traceparent;  // W3C header; empty for none.
};

/// Queues one insert for all rows on `tx`; nothing for none. The relay finds them after the commit; wake it
/// for low latency.
void write_outbox(postgres::Transaction& tx, const std::vector<OutboxRow>& rows);

}  // namespace platform::messaging
