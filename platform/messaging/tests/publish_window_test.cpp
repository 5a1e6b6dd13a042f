#include "platform/messaging/publish_window.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace platform::messaging {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using enum PublishOutcome;

Uuid id_of(int number) {
    Uuid id;
    id.bytes[15] = static_cast<std::uint8_t>(number);
    return id;
}

struct PublishWindowTest : ::testing::Test {
    /// A job of `count` messages, all sent, with ids counting from `first_id`.
    void send(int first_id, int count, Moment deadline = Moment() + 10s) {
        auto job =
            std::make_shared<PublishJob>(std::vector<Envelope>(static_cast<std::size_t>(count)), deadline,
                                         [this](auto outcomes) { completed.push_back(outcomes); });
        for (int i = 0; i < count; ++i) window.sent(job, job->unsent++, id_of(first_id + i));
    }

    PublishWindow window;
    std::vector<std::vector<PublishOutcome>> completed;
};

TEST_F(PublishWindowTest, a_job_completes_when_its_last_message_is_confirmed) {
    send(1, 3);
    EXPECT_EQ(window.confirmed(1, false), 1u);
    EXPECT_EQ(window.confirmed(2, false), 1u);
    EXPECT_TRUE(completed.empty());
    EXPECT_EQ(window.confirmed(3, false), 1u);
    EXPECT_THAT(completed, ElementsAre(ElementsAre(confirmed, confirmed, confirmed)));
    EXPECT_EQ(window.open(), 0u);
}

TEST_F(PublishWindowTest, a_multiple_confirm_covers_several_jobs) {
    send(1, 2);
    send(3, 2);
    EXPECT_EQ(window.confirmed(3, true), 3u);
    EXPECT_EQ(completed.size(), 1u);
    EXPECT_EQ(window.confirmed(4, true), 1u);
    EXPECT_EQ(completed.size(), 2u);
}

TEST_F(PublishWindowTest, confirms_may_come_in_any_order_and_twice) {
    send(1, 3);
    EXPECT_EQ(window.confirmed(3, false), 1u);
    EXPECT_EQ(window.confirmed(3, false), 0u);
    EXPECT_EQ(window.confirmed(1, false), 1u);
    EXPECT_EQ(window.refused(3, true), 1u);
    EXPECT_THAT(completed, ElementsAre(ElementsAre(confirmed, refused, confirmed)));
    EXPECT_EQ(window.confirmed(3, true), 0u);
    EXPECT_EQ(window.confirmed(99, true), 0u);
}

TEST_F(PublishWindowTest, tags_go_on_counting_after_the_window_was_empty) {
    send(1, 1);
    window.confirmed(1, false);
    send(2, 1);
    EXPECT_EQ(window.confirmed(1, true), 0u);
    EXPECT_EQ(window.confirmed(2, false), 1u);
}

TEST_F(PublishWindowTest, a_returned_message_is_a_failure_though_it_is_confirmed) {
    send(1, 3);
    window.returned(id_of(2));
    window.confirmed(3, true);
    EXPECT_THAT(completed, ElementsAre(ElementsAre(confirmed, returned, confirmed)));
}

TEST_F(PublishWindowTest, two_copies_of_one_id_may_both_be_returned) {
    send(7, 1);
    send(7, 1);
    window.returned(id_of(7));
    window.returned(id_of(7));
    window.confirmed(2, true);
    EXPECT_THAT(completed, ElementsAre(ElementsAre(returned), ElementsAre(returned)));
}

TEST_F(PublishWindowTest, a_return_does_not_outlive_its_message) {
    send(7, 1);
    window.returned(id_of(7));
    window.confirmed(1, false);
    send(7, 1);
    window.confirmed(2, false);
    EXPECT_THAT(completed, ElementsAre(ElementsAre(returned), ElementsAre(confirmed)));
}

TEST_F(PublishWindowTest, the_loss_of_the_connection_tells_late_from_lost) {
    send(1, 1, Moment() + 1s);
    send(2, 1, Moment() + 9s);
    EXPECT_FALSE(window.expired(Moment() + 999ms));
    EXPECT_TRUE(window.expired(Moment() + 1s));
    window.fail_all(Moment() + 1s);
    EXPECT_THAT(completed, ElementsAre(ElementsAre(timed_out), ElementsAre(disconnected)));
    EXPECT_EQ(window.open(), 0u);
    EXPECT_FALSE(window.expired(Moment() + 99s));
}

TEST_F(PublishWindowTest, a_confirmed_message_no_longer_expires) {
    send(1, 1, Moment() + 1s);
    send(2, 1, Moment() + 9s);
    window.confirmed(1, false);
    EXPECT_FALSE(window.expired(Moment() + 2s));
    EXPECT_EQ(window.next_deadline(), Moment() + 9s);
}

TEST_F(PublishWindowTest, after_a_new_connection_tags_begin_again) {
    send(1, 2);
    window.fail_all(stopped);
    send(3, 1);
    EXPECT_EQ(window.confirmed(1, false), 1u);
    EXPECT_THAT(completed, ElementsAre(ElementsAre(stopped, stopped), ElementsAre(confirmed)));
}

TEST(PublishJob, unsent_messages_get_one_outcome) {
    std::vector<PublishOutcome> outcomes;
    PublishJob job(std::vector<Envelope>(3), Moment(), [&](auto all) { outcomes = all; });
    job.settle(job.unsent++, confirmed);
    job.settle_unsent(disconnected);
    EXPECT_THAT(outcomes, ElementsAre(confirmed, disconnected, disconnected));
}

}  // namespace
}  // namespace platform::messaging
