#include "tools/audit/read_messages.hpp"

#include <boost/describe/class.hpp>
#include <set>

#include "shared/app/subscriptions.hpp"

namespace shop::audit {

namespace {

using platform::postgres::Statement;

template <class T>
using Array = std::vector<T>;

struct OutboxRow {
    Uuid id;
    std::string type;
    Time created_at;
    std::optional<Time> sent_at;
};
BOOST_DESCRIBE_STRUCT(OutboxRow, (), (id, type, created_at, sent_at))

// The times choose the partitions.
const Statement<Array<OutboxRow>(Uuid, Uuid, Time, Time)> sent_in{"audit.outbox", R"sql(
select id, type, created_at, sent_at from outbox
where id >= $1 and id < $2 and created_at >= $3 and created_at < $4)sql"};

const Statement<Array<OutboxRow>(Time)> unsent{"audit.unsent", R"sql(
select id, type, created_at, sent_at from outbox where sent_at is null and created_at < $1)sql"};

struct InboxRow {
    std::string consumer;
    Uuid message_id;
    Time handled_at;
};
BOOST_DESCRIBE_STRUCT(InboxRow, (), (consumer, message_id, handled_at))

const Statement<Array<InboxRow>()> all_handled{"audit.inbox",
                                               "select consumer, message_id, handled_at from inbox"};

const Statement<Array<InboxRow>(Array<std::string>, Uuid, Uuid, Time, Time)> handled_in{
    "audit.inbox_of_messages", R"sql(
select consumer, message_id, handled_at from inbox
where consumer = any($1) and message_id >= $2 and message_id < $3 and message_time >= $4
  and message_time < $5)sql"};

/// An event's row and its id are made within one transaction, by two clocks.
constexpr std::chrono::minutes slack{10};

Array<std::string> known_queues() {
    std::set<std::string> queues;
    for (const auto& one : subscriptions) queues.emplace(one.queue);
    return {queues.begin(), queues.end()};
}

}  // namespace

void read_service_messages(Snapshot& database, std::string_view service, const Span& span, Books& books) {
    const auto from = books.names.of(service);
    const bool whole = span.until == Time::max();
    const auto sent = [&](OutboxRow row) {
        books.sent.push_back({row.id, books.names.of(row.type), from, row.created_at, row.sent_at});
    };
    const auto handled = [&](InboxRow row) {
        books.handled.push_back({row.message_id, books.names.of(row.consumer), row.handled_at});
    };
    database.each<OutboxRow>(sent_in, sent, span.first(), span.end(), whole ? span.from : span.from - slack,
                             whole ? span.until : span.until + slack);
    if (whole)
        database.each<InboxRow>(all_handled, handled);
    else
        database.each<InboxRow>(handled_in, handled, known_queues(), span.first(), span.end(),
                                span.from - std::chrono::milliseconds(1), span.until);
}

void read_unsent(Snapshot& database, std::string_view service, Time before, Books& books) {
    const auto from = books.names.of(service);
    database.each<OutboxRow>(
        unsent,
        [&](OutboxRow row) {
            books.sent.push_back({row.id, books.names.of(row.type), from, row.created_at, row.sent_at});
        },
        before);
}

}  // namespace shop::audit
