#pragma once

#include <string>
#include <variant>
#include <vector>

#include "platform/base/uuid.hpp"
#include "platform/contract/write.hpp"
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

/// `event` is a described struct that names its type in `Event::type`, and what it is about is found as
/// `subject_of(event)` beside the struct.
template <class Event>
OutboxRow outbox_row(Uuid id, const Event& event, const std::string& traceparent) {
    return {id, std::string(Event::type), subject_of(event), contract::to_json(event), traceparent};
}

template <class... Events>
OutboxRow outbox_row(Uuid id, const std::variant<Events...>& event, const std::string& traceparent) {
    return std::visit([&](const auto& one) { return outbox_row(id, one, traceparent); }, event);
}

/// The same for what a decision publishes: {id, event or variant of events, traceparent}.
template <class Outgoing>
void write_events(postgres::Transaction& tx, const std::vector<Outgoing>& events) {
    std::vector<OutboxRow> rows;
    rows.reserve(events.size());
    for (const auto& [id, event, traceparent] : events) rows.push_back(outbox_row(id, event, traceparent));
    write_outbox(tx, rows);
}

}  // namespace platform::messaging
