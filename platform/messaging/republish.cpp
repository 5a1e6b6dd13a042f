#include "platform/messaging/relay.hpp"
#include "platform/messaging/stored_event.hpp"

namespace platform::messaging {

namespace {

/// Each page looks through all that is retained.
constexpr int page_max = 5'000;
constexpr std::chrono::seconds confirm{5};

const postgres::Statement<std::vector<StoredEvent>(Time, Uuid, Time, std::optional<std::string>,
                                                   std::optional<std::string>, int)>
    select_retained{"messaging.select_retained", R"sql(
select id, created_at, type, subject, data, traceparent
from outbox
where (created_at, id) > ($1, $2) and created_at >= $1 and created_at < $3
  and ($4::text is null or subject = $4) and ($5::text is null or type = $5)
order by created_at, id limit $6)sql"};

}  // namespace

awaitable<std::size_t> republish(postgres::Pool& pool, Publisher& publisher, std::string source,
                                 RepublishSelection selection) {
    std::size_t published = 0;
    Time after_time = selection.from;
    Uuid after_id{};  // No event has the zero id, so the first page begins at `from` itself.
    for (;;) {
        std::vector<StoredEvent> rows = co_await pool.run(select_retained, after_time, after_id, selection.to,
                                                          selection.subject, selection.type, page_max);
        if (rows.empty()) co_return published;
        const auto outcomes = co_await publisher.publish(envelopes_of(rows, source), confirm);
        for (const PublishOutcome outcome : outcomes) {
            if (outcome != PublishOutcome::confirmed)
                throw BrokerError("republishing stopped after " + std::to_string(published) +
                                  " events: " + std::string(name_of(outcome)));
            ++published;
        }
        after_time = rows.back().created_at;
        after_id = rows.back().id;
    }
}

}  // namespace platform::messaging
