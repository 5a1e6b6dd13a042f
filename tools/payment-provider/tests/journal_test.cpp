#include "tools/payment-provider/journal.hpp"

#include <gmock/gmock.h>

#include <boost/asio/post.hpp>
#include <fstream>
#include <stdexcept>

#include "platform/testing/run.hpp"
#include "tools/payment-provider/tests/directory.hpp"

namespace shop::provider::testing {
namespace {

using ::testing::HasSubstr;

class JournalTest : public ::testing::Test {
  protected:
    Directory directory;
    boost::asio::io_context io;
    platform::telemetry::Metrics metrics;

    static Effect effect(std::int64_t sequence) {
        return {.sequence = sequence, .event = Event::charged, .payment_intent = "pi_1", .amount = sequence};
    }

    std::vector<std::int64_t> sequences(Journal& journal) {
        std::vector<std::int64_t> found;
        journal.replay([&](const Effect& one) { found.push_back(one.sequence); });
        return found;
    }

    /// What a new process finds.
    std::vector<std::int64_t> reopened() {
        platform::telemetry::Metrics others;
        Journal journal(io, directory.log(), false, others);
        return sequences(journal);
    }

    void put(std::string_view text, std::ios::openmode mode = std::ios::app) {
        std::ofstream(directory.log(), mode) << text;
    }
};

TEST_F(JournalTest, what_was_written_is_found_again) {
    for (const bool sync : {false, true}) {
        Journal journal(io, directory.log(), sync, metrics);
        journal.append({effect(1), effect(2)});
        platform::testing::run(io, journal.written());
        journal.append({effect(3)});
        platform::testing::run(io, journal.written());
        EXPECT_EQ(sequences(journal), (std::vector<std::int64_t>{1, 2, 3}));
        put("", std::ios::trunc);
    }
}

TEST_F(JournalTest, everything_of_one_turn_is_written_at_once_and_before_anybody_goes_on) {
    Journal journal(io, directory.log(), false, metrics);
    auto& writes =
        metrics.counter("provider_log_writes_total", "Writes to the log; each holds one or more effects.");
    for (int i = 1; i <= 10; ++i) boost::asio::post(io, [&journal, i] { journal.append({effect(i)}); });
    int waited = 0;
    const auto wait_once = [&] { platform::testing::run(io, journal.written()); };
    wait_once();
    while (sequences(journal).size() < 10 && waited++ < 10) wait_once();
    EXPECT_EQ(sequences(journal).size(), 10u);
    EXPECT_LE(writes.value(), 2);
}

TEST_F(JournalTest, nothing_to_write_is_nothing_to_wait_for) {
    Journal journal(io, directory.log(), false, metrics);
    platform::testing::run(io, journal.written());
    journal.flush();
    EXPECT_TRUE(sequences(journal).empty());
}

TEST_F(JournalTest, half_a_line_at_the_end_is_cut_off) {
    for (std::size_t kept = 0; kept < to_line(effect(3)).size(); ++kept) {
        put(to_line(effect(1)) + to_line(effect(2)) + to_line(effect(3)).substr(0, kept), std::ios::trunc);
        {
            Journal journal(io, directory.log(), false, metrics);
            ASSERT_EQ(sequences(journal), (std::vector<std::int64_t>{1, 2})) << kept;
            journal.append({effect(3)});
            journal.flush();
        }
        ASSERT_EQ(reopened(), (std::vector<std::int64_t>{1, 2, 3})) << kept;
    }
}

TEST_F(JournalTest, a_broken_line_before_the_end_is_named) {
    put(to_line(effect(1)) + "half a li\n" + to_line(effect(2)));
    try {
        reopened();
        FAIL() << "was read";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr("line 2: not a line of this log"));
    }
}

TEST_F(JournalTest, lines_longer_than_a_read_are_put_together) {
    Effect large = effect(1);
    large.order_id.assign(3'000'000, 'x');
    put(to_line(large) + to_line(effect(2)));
    EXPECT_EQ(reopened(), (std::vector<std::int64_t>{1, 2}));
}

TEST_F(JournalTest, two_processes_do_not_share_a_log) {
    Journal journal(io, directory.log(), false, metrics);
    EXPECT_THROW(reopened(), std::runtime_error);
}

TEST_F(JournalTest, a_file_that_cannot_be_made_is_an_error) {
    EXPECT_THROW(Journal(io, directory.log() + "/nowhere", false, metrics), std::system_error);
}

}  // namespace
}  // namespace shop::provider::testing
