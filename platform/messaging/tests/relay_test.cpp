#include "platform/messaging/relay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "platform/base/clock.hpp"
#include "platform/base/ids.hpp"
#include "platform/messaging/cloud_event.hpp"
#include "platform/messaging/inbox.hpp"
#include "platform/messaging/outbox.hpp"
#include "platform/messaging/schema.hpp"
#include "platform/messaging/tests/virtual_host.hpp"
#include "platform/postgres/check.hpp"
#include "platform/testing/database.hpp"
#include "platform/testing/run.hpp"
#include "platform/testing/tcp_gate.hpp"

namespace platform::messaging {
namespace {

using namespace std::chrono_literals;

struct Opened {
    static constexpr std::string_view type = "Opened";
    std::int64_t number = 0;
};
BOOST_DESCRIBE_STRUCT(Opened, (), (number))
struct Closed {
    static constexpr std::string_view type = "Closed";
};
BOOST_DESCRIBE_STRUCT(Closed, (), ())
std::string subject_of(const Opened& event) { return "thing " + std::to_string(event.number); }
std::string subject_of(const Closed&) { return "all things"; }

/// What a decision publishes.
struct Outgoing {
    Uuid id;
    std::variant<Opened, Closed> event;
    std::string traceparent;
};

struct RelayTest : ::testing::Test {
    RelayTest() {
        postgres::migrate(database.url(), platform_messaging_migrations());
        pool = std::make_unique<postgres::Pool>(io, postgres::PoolConfig{.url = database.url()}, metrics);
    }

    std::unique_ptr<Publisher> publisher(BrokerConfig broker) {
        auto made = std::make_unique<Publisher>(io, broker, declared, subscribed_types(declared), metrics);
        until([&] { return made->connected(); });
        return made;
    }
    std::unique_ptr<Relay> relay(Publisher& to, RelayConfig config = {}) {
        auto made = std::make_unique<Relay>(io, *pool, to, config, metrics, "test-service");
        made->start();
        return made;
    }
    awaitable<void> write(std::vector<OutboxRow> rows) {
        auto tx = co_await pool->begin();
        write_outbox(tx, rows);
        co_await tx.commit();
    }
    awaitable<void> write_decided(std::vector<Outgoing> events) {
        auto tx = co_await pool->begin();
        write_events(tx, events);
        co_await tx.commit();
    }
    awaitable<std::shared_ptr<postgres::Transaction>> open() {
        co_return std::make_shared<postgres::Transaction>(co_await pool->begin());
    }
    /// A transaction that has written and not committed.
    std::shared_ptr<postgres::Transaction> half_written(const std::vector<OutboxRow>& all) {
        auto tx = platform::testing::run(io, open());
        write_outbox(*tx, all);
        platform::testing::run(io, tx->flush());
        return tx;
    }
    std::vector<OutboxRow> rows(std::size_t count, const std::string& type = "Thing") {
        std::vector<OutboxRow> made;
        for (std::size_t i = 0; i < count; ++i)
            made.push_back({ids.next(), type, "subject-" + std::to_string(i), R"({"n":1})", ""});
        return made;
    }
    void write_now(std::vector<OutboxRow> all) { platform::testing::run(io, write(std::move(all))); }
    template <class Condition>
    void until(Condition holds) {
        platform::testing::run_until(io, holds, 20s);
    }
    void stop(Relay& stopped) { platform::testing::run(io, stopped.stop()); }
    std::string unsent() { return database.value("select count(*) from outbox where sent_at is null"); }
    std::uint32_t queued() { return Connection(host.config(), "count").message_count("things"); }
    std::multiset<std::string> received() {
        std::multiset<std::string> found;
        for (const auto& content : host.drain("things")) found.insert(content.message_id);
        return found;
    }

    VirtualHost host;
    platform::testing::Database database;
    boost::asio::io_context io;
    telemetry::Metrics metrics;
    RandomIds ids;
    std::unique_ptr<postgres::Pool> pool;
    std::vector<Binding> declared{{"things", {"Thing"}}};
};

TEST_F(RelayTest, every_statement_fits_the_schema) {
    EXPECT_THAT(postgres::check_statements(database.url(), {"messaging."}), ::testing::IsEmpty());
}

TEST_F(RelayTest, the_events_of_a_decision_are_rows_with_their_type_and_subject) {
    platform::testing::run(io, write_decided({{ids.next(), Opened{7}, "trace"}, {ids.next(), Closed{}, ""}}));
    EXPECT_EQ(database.value("select string_agg(concat_ws('|', type, subject, data, traceparent), ' ' "
                             "order by type desc) from outbox"),
              R"(Opened|thing 7|{"number":7}|trace Closed|all things|{}|)");
}

TEST_F(RelayTest, what_is_committed_is_published_with_its_attributes_and_marked) {
    const auto to = publisher(host.config());
    const auto relaying = relay(*to, {.poll = 1h});
    until([&] { return true; });
    OutboxRow row{ids.next(), "Thing", "order 7", R"({"n":1})",
                  "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"};
    write_now({row});
    relaying->wake();
    until([&] { return unsent() == "0"; });
    const auto contents = host.drain("things");
    ASSERT_EQ(contents.size(), 1u);
    const auto envelope = envelope_of(contents[0]);
    ASSERT_TRUE(envelope);
    EXPECT_EQ(envelope->id, row.id);
    EXPECT_EQ(envelope->type, "Thing");
    EXPECT_EQ(envelope->source, "test-service");
    EXPECT_EQ(envelope->subject, "order 7");
    EXPECT_EQ(envelope->data, R"({"n":1})");
    EXPECT_EQ(envelope->traceparent, row.traceparent);
    EXPECT_EQ(rfc3339(envelope->time).substr(0, 26),
              database.value(R"(select to_char(created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US')
                                from outbox)"));
    stop(*relaying);
}

TEST_F(RelayTest, an_uncommitted_event_is_not_published) {
    const auto to = publisher(host.config());
    const auto tx = half_written(rows(1));
    const auto relaying = relay(*to, {.poll = 5ms});
    write_now(rows(1));
    until([&] { return queued() == 1; });
    platform::testing::run(io, tx->commit());
    until([&] { return queued() == 2; });
    stop(*relaying);
}

TEST_F(RelayTest, a_backlog_is_carried_in_batches_by_several_flights) {
    write_now(rows(3'000));
    const auto to = publisher(host.config());
    const auto relaying = relay(*to, {.batch_max = 200, .flights = 3});
    until([&] { return unsent() == "0"; });
    EXPECT_EQ(queued(), 3'000u);
    stop(*relaying);
}

TEST_F(RelayTest, several_relays_lose_and_skip_nothing_while_commits_interleave) {
    const auto first = publisher(host.config());
    const auto second = publisher(host.config());
    const auto one = relay(*first, {.batch_max = 7, .poll = 3ms});
    const auto two = relay(*second, {.batch_max = 5, .poll = 3ms});
    const auto three = relay(*second, {.batch_max = 11, .poll = 3ms});
    std::set<std::string> written;
    for (int round = 0; round < 40; ++round) {
        // The earlier ids commit after the later ones.
        const auto early_rows = rows(3);
        const auto early = half_written(early_rows);
        const auto late_rows = rows(4);
        write_now(late_rows);
        one->wake();
        if (round % 2 == 0) until([&] { return true; });
        platform::testing::run(io, early->commit());
        for (const auto& row : early_rows) written.insert(row.id.text());
        for (const auto& row : late_rows) written.insert(row.id.text());
    }
    until([&] { return unsent() == "0"; });
    for (Relay* relaying : {one.get(), two.get(), three.get()}) stop(*relaying);
    const auto found = received();
    EXPECT_EQ(found.size(), written.size()) << "without a failure nothing is sent twice";
    EXPECT_EQ(std::set<std::string>(found.begin(), found.end()), written);
}

TEST_F(RelayTest, a_crash_between_confirm_and_mark_only_sends_a_copy) {
    platform::testing::TcpGate gate(database.host(), database.port());
    postgres::Pool doomed(io, {.url = database.url_at(gate.port())}, metrics);
    const auto all = rows(5);
    write_now(all);
    platform::testing::TcpGate broker_gate(host.broker().host, host.broker().port);
    const auto to = publisher(host.config(broker_gate.port()));
    broker_gate.hold_replies();
    auto relaying = std::make_unique<Relay>(io, doomed, *to, RelayConfig{}, metrics, "test-service");
    relaying->start();
    until([&] { return queued() == 5; });
    gate.cut();  // The broker has them; the mark will never be committed.
    gate.close();
    broker_gate.release_replies();
    until([&] { return metrics.counter("relay_failures_total", "").value() > 0; });
    stop(*relaying);
    EXPECT_EQ(unsent(), "5");
    const auto heir = relay(*to);
    until([&] { return unsent() == "0"; });
    stop(*heir);
    const auto found = received();
    EXPECT_EQ(found.size(), 10u);
    EXPECT_EQ((std::set<std::string>(found.begin(), found.end()).size()), 5u);
}

TEST_F(RelayTest, the_broker_going_away_leaves_rows_unsent_until_it_is_back) {
    platform::testing::TcpGate gate(host.broker().host, host.broker().port);
    const auto to = publisher(host.config(gate.port()));
    gate.close();
    gate.cut();
    until([&] { return !to->connected(); });
    const auto relaying = relay(*to, {.backoff_min = 5ms, .backoff_max = 20ms});
    write_now(rows(10));
    until([&] { return metrics.counter("relay_failures_total", "").value() >= 2; });
    EXPECT_EQ(unsent(), "10");
    gate.open();
    until([&] { return unsent() == "0"; });
    EXPECT_EQ(queued(), 10u);
    stop(*relaying);
}

TEST_F(RelayTest, confirms_that_do_not_come_are_given_up_in_time) {
    platform::testing::TcpGate gate(host.broker().host, host.broker().port);
    const auto to = publisher(host.config(gate.port()));
    gate.hold_replies();
    write_now(rows(3));
    const auto relaying = relay(*to, {.confirm = 200ms});
    until([&] { return metrics.counter("relay_failures_total", "").value() > 0; });
    EXPECT_EQ(unsent(), "3");
    gate.cut();
    gate.release_replies();
    until([&] { return unsent() == "0"; });
    stop(*relaying);
}

TEST_F(RelayTest, events_without_a_queue_stay_and_do_not_hold_up_the_others) {
    declared.push_back({"strange", {"Strange"}});
    const auto to = publisher(host.config());
    host.unbind("strange", "Strange");
    write_now(rows(20, "Strange"));
    write_now(rows(20));
    const auto relaying = relay(*to, {.batch_max = 10, .flights = 1, .unroutable = 50ms});
    until([&] { return queued() == 20; });
    until([&] { return unsent() == "0"; });  // The publisher has bound the queue again.
    stop(*relaying);
}

TEST_F(RelayTest, the_backlog_is_measured) {
    platform::testing::TcpGate gate(host.broker().host, host.broker().port);
    const auto to = publisher(host.config(gate.port()));
    gate.close();
    gate.cut();
    until([&] { return !to->connected(); });
    write_now(rows(12));
    database.execute("update outbox set created_at = created_at - interval '90 seconds'");
    const auto relaying = relay(*to, {.sample = 10ms});
    until([&] { return metrics.gauge("outbox_unsent", "").value() == 12; });
    EXPECT_GE(metrics.gauge("outbox_oldest_seconds", "").value(), 90);
    stop(*relaying);
}

TEST_F(RelayTest, retained_events_are_published_again_under_their_ids) {
    const auto to = publisher(host.config());
    const auto relaying = relay(*to);
    const auto all = rows(1'203);
    write_now(all);
    relaying->wake();
    until([&] { return unsent() == "0"; });
    stop(*relaying);
    host.manage("DELETE", "queues/" + host.name() + "/things/contents");
    const Time now = SystemClock().now();
    const auto again = [&](RepublishSelection selection) {
        return platform::testing::run(io, republish(*pool, *to, "test-service", std::move(selection)));
    };
    EXPECT_EQ(again({now - 1h, now + 1h, {}, {}}), 1'203u);
    EXPECT_EQ(queued(), 1'203u);
    EXPECT_EQ(again({now - 1h, now + 1h, "subject-7", "Thing"}), 1u);
    EXPECT_EQ(again({now - 1h, now + 1h, {}, "Other"}), 0u);
    EXPECT_EQ(again({now - 2h, now - 1h, {}, {}}), 0u);
}

TEST_F(RelayTest, retained_events_can_be_read_without_being_published) {
    const auto all = rows(1'203);
    write_now(all);
    const Time now = SystemClock().now();
    const auto read = platform::testing::run(
        io, retained_events(*pool, "test-service", {now - 1h, now + 1h, std::nullopt, std::nullopt}));
    ASSERT_EQ(read.size(), all.size());
    EXPECT_TRUE(std::ranges::is_sorted(read, {}, &Envelope::time));
    std::set<Uuid> ids;
    for (const auto& event : read) {
        ids.insert(event.id);
        EXPECT_EQ(event.source, "test-service");
    }
    EXPECT_EQ(ids.size(), all.size());
    EXPECT_EQ(unsent(), "1203");
}

struct InboxTest : RelayTest {
    awaitable<std::vector<Uuid>> mark(std::string consumer, std::vector<Uuid> all) {
        Inbox inbox(consumer, metrics);
        auto tx = co_await pool->begin();
        const auto marked = inbox.mark(tx, all);
        co_await tx.commit();
        co_return marked.get();
    }
    std::vector<Message<int>> messages(const std::vector<Uuid>& all) {
        std::vector<Message<int>> made;
        for (const Uuid id : all) made.push_back({id, 0, ""});
        return made;
    }
};

TEST_F(InboxTest, tells_new_messages_from_copies_within_and_across_batches) {
    const Inbox inbox("things", metrics);
    const std::vector<Uuid> all{ids.next(), ids.next(), ids.next()};
    const std::vector<Uuid> batch{all[0], all[1], all[0]};
    auto fresh = platform::testing::run(io, mark("things", batch));
    EXPECT_THAT(ids_of(inbox.keep_new(messages(batch), fresh)), ::testing::ElementsAre(all[0], all[1]));
    fresh = platform::testing::run(io, mark("things", {all[1], all[2]}));
    EXPECT_THAT(ids_of(inbox.keep_new(messages({all[1], all[2]}), fresh)), ::testing::ElementsAre(all[2]));
    fresh = platform::testing::run(io, mark("others", {all[1]}));
    EXPECT_THAT(fresh, ::testing::ElementsAre(all[1])) << "each consumer has an inbox of its own";
    EXPECT_EQ(metrics.counter("messages_duplicate_total", "", {{"consumer", "things"}}).value(), 2);
}

TEST_F(InboxTest, lies_in_the_partition_of_the_time_that_the_id_carries) {
    platform::testing::run(io, postgres::maintain_partitions(*pool, partitioned_tables()));
    platform::testing::run(io, mark("things", {ids.next(), Uuid{}}));
    EXPECT_EQ(database.value("select count(*) from inbox_default"), "1");
    EXPECT_EQ(database.value("select count(*) from inbox where message_time > now() - interval '1 minute'"),
              "1");
}

TEST_F(InboxTest, two_transactions_with_one_message_wait_for_each_other) {
    const Inbox inbox("things", metrics);
    const Uuid id = ids.next();
    const auto first = platform::testing::run(io, open());
    inbox.mark(*first, {id});
    platform::testing::run(io, first->flush());
    std::optional<std::vector<Uuid>> second;
    boost::asio::co_spawn(io, mark("things", {id}), [&](std::exception_ptr, auto fresh) { second = fresh; });
    until([&] { return database.value("select count(*) from pg_locks where not granted") == "1"; });
    EXPECT_FALSE(second);
    platform::testing::run(io, first->commit());
    until([&] { return second.has_value(); });
    EXPECT_TRUE(second->empty());
}

TEST_F(InboxTest, counts_attempts_until_the_message_is_handled) {
    const Inbox inbox("things", metrics);
    const Uuid id = ids.next();
    const auto begin = [&] { return platform::testing::run(io, inbox.begin_attempt(*pool, id)); };
    EXPECT_EQ(begin(), 1);
    EXPECT_EQ(begin(), 2);
    platform::testing::run(io, inbox.forgive_attempt(*pool, id));
    EXPECT_EQ(begin(), 2);
    platform::testing::run(io, mark("things", {id}));
    EXPECT_EQ(begin(), 0);
}

}  // namespace
}  // namespace platform::messaging
