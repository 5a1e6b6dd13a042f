#include "platform/messaging/inbox.hpp"

namespace platform::messaging {

namespace {

/// Sorted, because two replicas that insert the same ids in different orders would wait for each other.
const postgres::Statement<std::vector<Uuid>(std::string, std::vector<Uuid>, std::vector<Time>)> insert_inbox{
    "messaging.insert_inbox", R"sql(
insert into inbox (consumer, message_id, message_time)
select $1, id, time from unnest($2::uuid[], $3::timestamptz[]) as message(id, time) order by id
on conflict do nothing
returning message_id)sql"};

/// A message whose effects are committed is not poison, whatever became of its acknowledgement.
const postgres::Statement<std::optional<int>(std::string, Uuid, Time)> begin_attempt_at{
    "messaging.begin_attempt", R"sql(
insert into message_attempts as earlier (consumer, message_id, message_time, attempts)
select $1, $2, $3, 1
where not exists (select from inbox where consumer = $1 and message_id = $2 and message_time = $3)
on conflict (consumer, message_id, message_time) do update set attempts = earlier.attempts + 1
returning attempts)sql"};

const postgres::Statement<void(std::string, Uuid, Time)> forgive_attempt_at{"messaging.forgive_attempt",
                                                                            R"sql(
update message_attempts set attempts = attempts - 1
where consumer = $1 and message_id = $2 and message_time = $3 and attempts > 0)sql"};

}  // namespace

Time time_of(Uuid id) { return Time(std::chrono::milliseconds(id.unix_milliseconds())); }

Inbox::Inbox(std::string consumer, telemetry::Metrics& metrics)
    : consumer_(std::move(consumer)),
      duplicates_(&metrics.counter("messages_duplicate_total",
                                   "Copies of messages that had been handled before.",
                                   {{"consumer", consumer_}})) {}

postgres::Pending<std::vector<Uuid>> Inbox::mark(postgres::Transaction& tx, std::vector<Uuid> ids) const {
    std::vector<Time> times;
    times.reserve(ids.size());
    for (const Uuid id : ids) times.push_back(time_of(id));
    return tx.send(insert_inbox, consumer_, ids, times);
}

awaitable<int> Inbox::begin_attempt(postgres::Pool& pool, Uuid id) const {
    const std::optional<int> attempts = co_await pool.run(begin_attempt_at, consumer_, id, time_of(id));
    co_return attempts.value_or(0);
}

awaitable<void> Inbox::forgive_attempt(postgres::Pool& pool, Uuid id) const {
    co_await pool.run(forgive_attempt_at, consumer_, id, time_of(id));
}

}  // namespace platform::messaging
