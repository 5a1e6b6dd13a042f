#include <algorithm>
#include <iterator>
#include <utility>

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

/// Reads a selection page by page, oldest first.
class RetainedPages {
  public:
    RetainedPages(postgres::Pool& pool, RepublishSelection selection)
        : pool_(pool), selection_(std::move(selection)), after_time_(selection_.from) {}

    /// Empty when there are no more.
    awaitable<std::vector<StoredEvent>> next() {
        auto rows = co_await pool_.run(select_retained, after_time_, after_id_, selection_.to,
                                       selection_.subject, selection_.type, page_max);
        if (!rows.empty()) {
            after_time_ = rows.back().created_at;
            after_id_ = rows.back().id;
        }
        co_return rows;
    }

  private:
    postgres::Pool& pool_;
    RepublishSelection selection_;
    Time after_time_;
    Uuid after_id_{};  // No event has the zero id, so the first page begins at `from` itself.
};

}  // namespace

awaitable<std::vector<Envelope>> retained_events(postgres::Pool& pool, std::string source,
                                                 RepublishSelection selection) {
    RetainedPages pages(pool, std::move(selection));
    std::vector<Envelope> events;
    for (;;) {
        std::vector<StoredEvent> rows = co_await pages.next();
        if (rows.empty()) co_return events;
        std::ranges::move(envelopes_of(rows, source), std::back_inserter(events));
    }
}

awaitable<std::size_t> republish(postgres::Pool& pool, Publisher& publisher, std::string source,
                                 RepublishSelection selection) {
    std::size_t published = 0;
    RetainedPages pages(pool, std::move(selection));
    for (;;) {
        std::vector<StoredEvent> rows = co_await pages.next();
        if (rows.empty()) co_return published;
        const auto outcomes = co_await publisher.publish(envelopes_of(rows, source), confirm);
        for (const PublishOutcome outcome : outcomes) {
            if (outcome != PublishOutcome::confirmed)
                throw BrokerError("republishing stopped after " + std::to_string(published) +
                                  " events: " + std::string(name_of(outcome)));
            ++published;
        }
    }
}

}  // namespace platform::messaging
