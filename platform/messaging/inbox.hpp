#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "platform/base/awaitable.hpp"
#include "platform/base/time.hpp"
#include "platform/base/uuid.hpp"
#include "platform/messaging/message.hpp"
#include "platform/postgres/pool.hpp"
#include "platform/telemetry/metrics.hpp"

namespace platform::messaging {

/// When the event of this id was made, as its UUIDv7 tells; the inbox is partitioned by it.
Time time_of(Uuid id);

/// Remembers which messages a consumer has handled: the first thing its transaction writes.
///
///     auto tx = co_await pool.begin();
///     auto marked = inbox.mark(tx, ids_of(batch));
///     co_await tx.flush();
///     auto fresh = inbox.keep_new(std::move(batch), marked.get());   // others were handled before
///
/// A second transaction that marks the same id waits for the first and then finds it handled.
class Inbox {
  public:
    Inbox(std::string consumer, telemetry::Metrics& metrics);

    const std::string& consumer() const { return consumer_; }

    /// Queues the insert; its result is the ids that were not there yet.
    postgres::Pending<std::vector<Uuid>> mark(postgres::Transaction& tx, std::vector<Uuid> ids) const;

    /// The messages whose id is new, each id once, in order. The rest are counted as duplicates suppressed.
    template <class Event>
    std::vector<Message<Event>> keep_new(std::vector<Message<Event>> batch,
                                         const std::vector<Uuid>& new_ids) const {
        std::unordered_set<Uuid> left(new_ids.begin(), new_ids.end());
        const std::size_t received = batch.size();
        std::erase_if(batch, [&](const Message<Event>& message) { return left.erase(message.id) == 0; });
        if (batch.size() < received) duplicates_->add(static_cast<double>(received - batch.size()));
        return batch;
    }

    /// Commits that an attempt at the message begins. Returns how many have begun, 0 if it was handled
    /// already.
    awaitable<int> begin_attempt(postgres::Pool& pool, Uuid id) const;

    /// Takes back the last attempt at the message.
    awaitable<void> forgive_attempt(postgres::Pool& pool, Uuid id) const;

  private:
    std::string consumer_;
    telemetry::Counter* duplicates_;
};

template <class Event>
std::vector<Uuid> ids_of(const std::vector<Message<Event>>& batch) {
    std::vector<Uuid> ids;
    ids.reserve(batch.size());
    for (const auto& message : batch) ids.push_back(message.id);
    return ids;
}

}  // namespace platform::messaging
