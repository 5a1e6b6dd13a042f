#include "platform/messaging/outbox.hpp"

namespace platform::messaging {

namespace {

using Texts = std::vector<std::string>;

const postgres::Statement<void(std::vector<Uuid>, Texts, Texts, Texts, Texts)> insert_outbox{
    "messaging.insert_outbox", R"sql(
insert into outbox (id, type, subject, data, traceparent)
select id, type, subject, data, traceparent
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])
  as event(id, type, subject, data, traceparent))sql"};

}  // namespace

void write_outbox(postgres::Transaction& tx, const std::vector<OutboxRow>& rows) {
    if (rows.empty()) return;
    std::vector<Uuid> ids;
    Texts types, subjects, data, traceparents;
    for (const OutboxRow& row : rows) {
        ids.push_back(row.id);
        types.push_back(row.type);
        subjects.push_back(row.subject);
        data.push_back(row.data);
        traceparents.push_back(row.traceparent);
    }
    tx.send(insert_outbox, ids, types, subjects, data, traceparents);
}

}  // namespace platform::messaging
