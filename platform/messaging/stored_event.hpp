#pragma once

#include <boost/describe/class.hpp>
#include <concepts>
#include <string>
#include <vector>

#include "platform/base/time.hpp"
#include "platform/base/uuid.hpp"
#include "platform/messaging/envelope.hpp"

namespace platform::messaging {

/// A row of the outbox as it is read back.
struct StoredEvent {
    Uuid id;
    Time created_at;
    std::string type;
    std::string subject;
    std::string data;
    std::string traceparent;
};
BOOST_DESCRIBE_STRUCT(StoredEvent, (), (id, created_at, type, subject, data, traceparent))

/// One that is locked, to be marked when it is sent.
struct UnsentEvent : StoredEvent {
    std::string place;  // In its partition.
};
BOOST_DESCRIBE_STRUCT(UnsentEvent, (StoredEvent), (place))

/// Moves the texts out of the rows; ids, times and places stay.
template <std::derived_from<StoredEvent> Row>
std::vector<Envelope> envelopes_of(std::vector<Row>& rows, const std::string& source) {
    std::vector<Envelope> envelopes;
    envelopes.reserve(rows.size());
    for (Row& row : rows)
        envelopes.push_back({row.id, std::move(row.type), source, std::move(row.subject), row.created_at,
                             std::move(row.traceparent), std::move(row.data)});
    return envelopes;
}

}  // namespace platform::messaging
