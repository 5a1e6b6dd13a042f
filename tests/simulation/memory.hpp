#pragma once

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "platform/messaging/message.hpp"
#include "shared/app/schemas/ids.hpp"
#include "tests/simulation/bugs.hpp"
#include "tests/simulation/engine.hpp"
#include "tests/simulation/faults.hpp"

/// What the memory twins of the three databases share: row locks, inbox, outbox, and a commit that may be
/// lost.
namespace simulation {

template <class Range, class Value>
bool contains(const Range& range, const Value& value) {
    return std::ranges::find(range, value) != std::ranges::end(range);
}

/// What every port of a world needs.
struct Context {
    Engine& engine;
    Faults& faults;
    Random& random;
    const Time& now;
    Bug bug = Bug::none;
    bool interleaved = false;  // Ports suspend, so that activities of several replicas mix.

    void saw(Rare what) { faults.coverage().saw(what); }
    /// A place where the process may be gone, or the database.
    void port_call() {
        if (faults.happens(Fault::crash_at_port)) throw Crash{};
        if (faults.happens(Fault::database_gone)) throw platform::Unavailable("the database is gone");
    }
    /// Only when interleaved. The process may be stopped here for long.
    awaitable<void> pause();
};

/// A row, or the place of a row that is being made.
struct LockKey {
    enum class Table : std::uint8_t { inbox, order, request_key, reservation, stock, payment } table;
    platform::Uuid id;

    bool operator==(const LockKey&) const = default;
};

inline LockKey stock_key(const shop::Sku& sku) {
    LockKey key{LockKey::Table::stock, {}};
    for (std::size_t i = 0; i < sku.value.size() && i < 16; ++i)
        key.id.bytes[i] = static_cast<std::uint8_t>(sku.value[i]);
    return key;
}

/// The locks of one database. Few are held at a time.
class LockTable {
  public:
    MemoryTransaction* holder(const LockKey& key) const {
        const auto found = std::ranges::find(held_, key, &Held::key);
        return found == held_.end() ? nullptr : found->holder;
    }
    void take(const LockKey& key, MemoryTransaction* holder) { held_.push_back({key, holder}); }
    void release(const MemoryTransaction* holder) {
        std::erase_if(held_, [&](const Held& held) { return held.holder == holder; });
    }

  private:
    struct Held {
        LockKey key;
        MemoryTransaction* holder;
    };
    std::vector<Held> held_;
};

/// A transaction as PostgreSQL has it, as far as these services rely on it: locks are held until the end,
/// what is read is committed, and a row that is being made is waited for. Rolled back when destroyed.
class MemoryTransaction {
  public:
    MemoryTransaction(Context& context, LockTable& locks);
    MemoryTransaction(const MemoryTransaction&) = delete;
    MemoryTransaction& operator=(const MemoryTransaction&) = delete;

    /// The database ends a transaction that has been idle for long: its process was stopped.
    void end_idle();
    const Runner* runner() const { return runner_; }

  protected:
    ~MemoryTransaction() { close(); }

    /// Waits for whoever holds it. Throws Unavailable after the lock time-out. Nothing to do when activities
    /// do not mix.
    awaitable<void> lock(LockKey key);
    /// Takes it if nobody has it.
    bool try_lock(const LockKey& key);
    /// Calls `apply` as a database commits: it happens, it does not, or nobody knows.
    template <class Apply>
    awaitable<void> commit_with(Apply apply);
    awaitable<void> begin_call();

    Context& context_;

  private:
    void close();
    void refuse_when_ended() const;

    LockTable& locks_;
    Runner* runner_;
    bool ended_idle_ = false;
};

template <class Event>
struct Sent {
    platform::Uuid id;
    Event event;
    bool in_flight = false;  // A relay has locked the row.
};

/// Rows of one database beyond its aggregates.
template <class Event>
struct Books {
    std::unordered_map<platform::Uuid, Time> inbox;
    std::unordered_map<platform::Uuid, int> attempts;
    std::vector<Sent<Event>> unsent;
    std::unordered_set<platform::Uuid> forgotten;  // By the inbox; only to count what comes after all.
    platform::Uuid watermark;                      // Only of the relay that has one.

    void write(std::vector<Sent<Event>> events) {
        for (auto& event : events) unsent.push_back(std::move(event));
    }
};

/// How long the inbox remembers.
inline constexpr std::chrono::hours inbox_retention{24};

template <class Event>
void prune(Books<Event>& books, Time now) {
    std::erase_if(books.inbox, [&](const auto& entry) {
        const bool old = entry.second < now - inbox_retention;
        if (old) books.forgotten.insert(entry.first);
        return old;
    });
}

/// Keeps what is new, each id once, and stages the marks.
template <class Event, class Message>
std::vector<Message> keep_new(std::vector<Message> messages, Books<Event>& books,
                              std::vector<platform::Uuid>& marks, Context& context) {
    std::vector<Message> fresh;
    for (auto& message : messages) {
        const bool known = books.inbox.contains(message.id) || contains(marks, message.id);
        if (known) context.saw(Rare::duplicate_suppressed);
        if (!known) marks.push_back(message.id);
        if (!known && books.forgotten.contains(message.id)) context.saw(Rare::duplicate_after_pruning);
        if (!known || context.bug == Bug::no_inbox) fresh.push_back(std::move(message));
    }
    if (context.bug == Bug::inbox_apart)
        for (const auto& id : marks) books.inbox.emplace(id, context.now);
    return fresh;
}

/// The events of a decision as rows of the outbox.
template <class Event, class Events>
std::vector<Sent<Event>> rows_of(Events events) {
    std::vector<Sent<Event>> rows;
    for (auto& out : events) rows.push_back({out.id, std::move(out.event)});
    return rows;
}

template <class Apply>
awaitable<void> MemoryTransaction::commit_with(Apply apply) {
    co_await begin_call();
    if (context_.faults.happens(Fault::commit_unknown)) {
        const bool happened = context_.random.chance(0.5);
        context_.saw(happened ? Rare::unknown_commit_happened : Rare::unknown_commit_did_not);
        if (happened) apply();
        close();
        if (context_.bug == Bug::unknown_commit_taken_for_done) co_return;
        throw CommitUnknown{};
    }
    apply();
    close();
    if (context_.interleaved) co_await context_.pause();
    if (context_.faults.happens(Fault::crash_after_commit)) throw Crash{};
}

}  // namespace simulation
