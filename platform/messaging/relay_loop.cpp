#include "platform/messaging/relay_loop.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "platform/base/crash_point.hpp"
#include "platform/base/ensure.hpp"
#include "platform/telemetry/log.hpp"

namespace platform::messaging {

namespace {

/// A partition is young and its statistics are older than its rows, so the planner takes the backlog for a
/// handful, reads and sorts all of it for every batch, and a backlog of n costs n squared. For the rest of
/// the transaction this leaves it the index, in whose order it can stop.
const postgres::Statement<void()> walk_the_index{"messaging.walk_the_index", R"sql(
select set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true),
  set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true))sql"};

/// Rows that another relay has locked are its own business. There is no order to keep: a transaction that
/// began earlier may commit later, so nothing may be concluded from the place of a row.
const postgres::Statement<std::vector<UnsentEvent>(Time, int)> select_unsent{"messaging.select_unsent", R"sql(
select id, created_at, type, subject, data, traceparent, ctid::text as place
from outbox where sent_at is null and created_at > $1
order by created_at limit $2 for update skip locked)sql"};

/// A place is one within its partition, which the time names. It stays where it is while the row is locked.
/// The bounds say nothing new; they let the planner leave out partitions.
const postgres::Statement<void(std::vector<std::string>, std::vector<Time>, Time, Time)> mark_sent{
    "messaging.mark_sent", R"sql(
update outbox set sent_at = clock_timestamp()
from unnest($1::text[]::tid[], $2::timestamptz[]) as confirmed(place, created_at)
where outbox.ctid = confirmed.place and outbox.created_at = confirmed.created_at
  and outbox.created_at between $3 and $4)sql"};

struct Backlog {
    std::int64_t unsent = 0;
    std::int64_t oldest_ms = 0;
};
BOOST_DESCRIBE_STRUCT(Backlog, (), (unsent, oldest_ms))

/// Counting stops at a number that is alarming anyway.
const postgres::Statement<Backlog()> sample_outbox{"messaging.sample_outbox", R"sql(
select (select count(*) from (select from outbox where sent_at is null limit 100000) as counted) as unsent,
  coalesce((extract(epoch from clock_timestamp() - min(created_at)) * 1000)::bigint, 0) as oldest_ms
from outbox where sent_at is null)sql"};

}  // namespace

Relay::Loop::Loop(boost::asio::io_context& io, postgres::Pool& pool, Publisher& publisher, RelayConfig config,
                  telemetry::Metrics& metrics, std::string source)
    : strand_(boost::asio::make_strand(io)),
      ended_(strand_),
      pool_(pool),
      publisher_(publisher),
      config_(config),
      source_(std::move(source)),
      unsent_(metrics.gauge("outbox_unsent", "Events not published yet, counted up to 100000.")),
      oldest_seconds_(metrics.gauge("outbox_oldest_seconds", "Age of the oldest event not published yet.")),
      batch_size_(metrics.histogram("relay_batch_size", "Events published together.", {},
                                    {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000})),
      failures_(metrics.counter("relay_failures_total", "Batches that were not published in full.")),
      sample_failures_(
          metrics.counter("outbox_sample_failures_total", "Times the outbox could not be looked at.")) {
    ensure(config_.batch_max > 0 && config_.flights > 0, "a relay may carry something");
    for (int i = 0; i < config_.flights + 1; ++i) bells_.push_back(std::make_unique<Bell>(strand_));
}

void Relay::Loop::start() {
    for (std::size_t number = 0; number < static_cast<std::size_t>(config_.flights); ++number)
        spawn(fly(shared_from_this(), number));
    spawn(sample(shared_from_this()));
}

void Relay::Loop::spawn(awaitable<void> coroutine) {
    ++running_;
    boost::asio::co_spawn(strand_, std::move(coroutine),
                          [self = shared_from_this()](std::exception_ptr fault) {
                              ensure(!fault, "a relay coroutine handles its own errors");
                              if (--self->running_ == 0) self->ended_.cancel();
                          });
}

void Relay::Loop::wake() {
    boost::asio::post(strand_, [self = shared_from_this()] { self->bells_.front()->ring(); });
}

void Relay::Loop::ask_to_stop() {
    boost::asio::post(strand_, [self = shared_from_this()] {
        self->stopping_ = true;
        self->ring_all();
    });
}

awaitable<void> Relay::Loop::stop(std::shared_ptr<Loop> loop) {
    co_await boost::asio::dispatch(loop->strand_, boost::asio::use_awaitable);
    loop->stopping_ = true;
    loop->ring_all();
    while (loop->running_ > 0) {
        loop->ended_.expires_after(std::chrono::seconds(1));
        boost::system::error_code rung;
        co_await loop->ended_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, rung));
    }
}

void Relay::Loop::ring_all() {
    for (const auto& bell : bells_) bell->ring();
}

/// The first flight is woken by writers and by the clock; the others only help while batches are full, so
/// that a quiet outbox costs one query and not several.
awaitable<void> Relay::Loop::fly(std::shared_ptr<Loop> self, std::size_t number) {
    constexpr std::chrono::hours until_rung{1};
    const std::chrono::milliseconds idle = number == 0 ? self->config_.poll : until_rung;
    if (number > 0) co_await self->rest(number, idle, true);
    for (int failures = 0; !self->stopping_;) {
        bool full = false;
        std::string why;
        try {
            full = co_await self->carry_batch();
            if (std::exchange(failures, 0) > 0)
                telemetry::log_info("events leave the outbox again", {{"flight", number}});
        } catch (const std::exception& e) {
            why = e.what();
        }
        if (!why.empty()) {
            self->failures_.add();
            // The first of a row: the rest is a metric.
            if (failures == 0)
                telemetry::log_warn("events wait in the outbox until broker and database are back",
                                    {{"flight", number}, {"error", why}});
            co_await self->rest(
                number, backoff_delay(failures++, self->config_.backoff_min, self->config_.backoff_max),
                false);
        } else if (full) {
            for (std::size_t other = 0; other < static_cast<std::size_t>(self->config_.flights); ++other)
                if (other != number) self->bells_[other]->ring();
        } else {
            co_await self->rest(number, idle, true);
        }
    }
}

/// One transaction. True if there may be more where this came from. Throws if something that was selected
/// could not be published for another reason than having no queue.
awaitable<bool> Relay::Loop::carry_batch() {
    // Without a broker the rows are not even locked.
    if (!publisher_.connected()) throw BrokerError("broker: not connected");
    auto tx = co_await pool_.begin();
    tx.send(walk_the_index);
    const auto selected = tx.send(select_unsent, select_from(), config_.batch_max);
    co_await tx.flush();
    std::vector<UnsentEvent> rows = selected.get();
    const bool full = rows.size() == static_cast<std::size_t>(config_.batch_max);
    if (!rows.empty()) co_await publish_and_mark(tx, std::move(rows));
    co_return full;
}

awaitable<void> Relay::Loop::publish_and_mark(postgres::Transaction& tx, std::vector<UnsentEvent> rows) {
    batch_size_.observe(static_cast<double>(rows.size()));
    CRASH_POINT("", "relay.before_publish");
    const auto outcomes = co_await publisher_.publish(envelopes_of(rows, source_), config_.confirm);
    CRASH_POINT("", "relay.after_confirm_before_mark");
    std::vector<std::string> places;
    std::vector<Time> times;
    std::optional<PublishOutcome> failure;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (outcomes[i] == PublishOutcome::confirmed) {
            places.push_back(std::move(rows[i].place));
            times.push_back(rows[i].created_at);
        } else if (outcomes[i] == PublishOutcome::returned) {
            skip_returned(rows[i].created_at);
        } else {
            failure = outcomes[i];
        }
    }
    if (!places.empty()) {
        const auto [first, last] = std::ranges::minmax(times);
        tx.send(mark_sent, places, times, first, last);
    }
    co_await tx.commit();
    if (failure) throw BrokerError("publishing: " + std::string(name_of(*failure)));
}

/// Rows that no queue takes stay where they are and would fill every batch from then on; so for a while the
/// relay looks behind them.
void Relay::Loop::skip_returned(Time created_at) {
    const Moment now = std::chrono::steady_clock::now();
    if (now >= skip_until_) {
        failures_.add();
        telemetry::log_error("an event has no queue and waits in the outbox");
        skip_until_ = now + config_.unroutable;
        skip_to_ = created_at;
    }
    skip_to_ = std::max(skip_to_, created_at);
}

Time Relay::Loop::select_from() const {
    return std::chrono::steady_clock::now() < skip_until_ ? skip_to_ : Time{};
}

awaitable<void> Relay::Loop::rest(std::size_t number, std::chrono::milliseconds at_most, bool wakeable) {
    Bell& bell = *bells_[number];
    const Moment until = std::chrono::steady_clock::now() + at_most;
    while (std::chrono::steady_clock::now() < until && !stopping_ && !(wakeable && bell.rung)) {
        bell.timer.expires_at(until);
        boost::system::error_code rung;
        co_await bell.timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, rung));
    }
    bell.rung = false;
}

awaitable<void> Relay::Loop::sample(std::shared_ptr<Loop> self) {
    const std::size_t number = self->bells_.size() - 1;
    for (bool failing = false; !self->stopping_;) {
        try {
            const Backlog backlog = co_await self->pool_.run(sample_outbox);
            self->unsent_.set(static_cast<double>(backlog.unsent));
            self->oldest_seconds_.set(static_cast<double>(backlog.oldest_ms) / 1000);
            failing = false;
        } catch (const std::exception& e) {
            self->sample_failures_.add();
            if (!std::exchange(failing, true))
                telemetry::log_warn("the outbox cannot be sampled, its metrics stand still",
                                    {{"error", e.what()}});
        }
        co_await self->rest(number, self->config_.sample, true);
    }
}

}  // namespace platform::messaging
