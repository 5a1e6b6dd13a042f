#include "tools/audit/online.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <condition_variable>
#include <mutex>

#include "platform/postgres/errors.hpp"
#include "tools/audit/tests/small_world.hpp"
#include "tools/audit/tests/whole_world.hpp"

namespace shop::audit {
namespace {

using namespace std::chrono_literals;
constexpr int orders = 30;

/// A world that is old enough for the rounds, which leave alone what is younger than a second.
class RoundsTest : public testing::Test {
  protected:
    RoundsTest() { fresh().fill(); }

    static WholeWorld& fresh() {
        static WholeWorld whole(orders);
        return whole;
    }

    Sources sources() const {
        return {.databases = whole_.world.urls(),
                .broker_management = whole_.broker_url(),
                .provider_log = whole_.world.log(),
                .redis = whole_.redis_url()};
    }
    static RoundLimits limits() { return {.grace = 1s, .slice_orders = 7, .round = 10s, .sums_share = 1}; }

    /// Rounds until exactly these checks are red and all orders were looked at.
    static void expect_failed(Rounds& rounds, std::string_view checks) {
        const auto until = std::chrono::steady_clock::now() + 30s;
        const auto passes = rounds.full_passes();
        while (failed(rounds.checks()) != checks || rounds.full_passes() == passes ||
               rounds.extent().orders < orders) {
            ASSERT_LT(std::chrono::steady_clock::now(), until)
                << "red are: " << failed(rounds.checks()) << "\n"
                << text_report(rounds.checks(), rounds.extent());
            rounds.make([] { return false; });
        }
    }

    WholeWorld& whole_ = fresh();
};

TEST_F(RoundsTest, look_at_all_orders_and_find_nothing_wrong) {
    Rounds rounds(sources(), limits());
    // The broker needs some seconds before it counts what is in a new queue.
    for (const auto until = std::chrono::steady_clock::now() + 30s;;) {
        rounds.make([] { return false; });
        if (rounds.sources().at("broker").empty()) break;
        ASSERT_LT(std::chrono::steady_clock::now(), until) << rounds.sources().at("broker");
    }
    expect_failed(rounds, "");
    EXPECT_EQ(rounds.sources().at("cache"), "");
    EXPECT_EQ(rounds.sources().at("provider"), "");
    EXPECT_EQ(rounds.behind(), 0ms);
    for (const auto& check : rounds.checks())
        if (check.id != "A13" && check.id != "A18") EXPECT_EQ(check.not_applicable, "") << check.id;
}

TEST_F(RoundsTest, find_what_is_wrong_and_see_it_mended) {
    Rounds rounds(sources(), limits());
    whole_.world.order.execute("update orders set total_amount = 601 where id = made_id(0, 2)");
    expect_failed(rounds, "A11");
    whole_.world.order.execute("update orders set total_amount = 600 where id = made_id(0, 2)");
    expect_failed(rounds, "");
    whole_.world.inventory.execute("update stock set on_hand = on_hand + 1 where sku = 'MUG'");
    expect_failed(rounds, "A7");
    whole_.world.inventory.execute("update stock set on_hand = on_hand - 1 where sku = 'MUG'");
    whole_.world.order.execute("update outbox set sent_at = null where id = made_id(16, 0)");
    expect_failed(rounds, "A8");
}

TEST_F(RoundsTest, see_in_slices_what_a_whole_audit_sees) {
    // What needs the clients' history is for a whole audit; so is a message whose id is older than all
    // orders.
    const std::string not_seen_in_slices[] = {"A13", "A18"};
    for (const auto& corruption : corruptions()) {
        const std::string_view seen_by = corruption.seen_by;
        if (seen_by.starts_with("A13") || seen_by == "A18" || seen_by.starts_with("A16")) continue;
        SCOPED_TRACE(corruption.name);
        whole_.fill();
        corruption.make(whole_);
        std::string expected(seen_by);
        for (const auto& check : not_seen_in_slices)
            if (const auto place = expected.find(" " + check); place != expected.npos)
                expected.erase(place, check.size() + 1);
        Rounds rounds(sources(), limits());
        expect_failed(rounds, expected);
    }
}

TEST_F(RoundsTest, go_on_after_a_lost_connection) {
    Rounds rounds(sources(), limits());
    rounds.make([] { return false; });
    whole_.world.payment.terminate_others();
    EXPECT_THROW(rounds.make([] { return false; }), platform::postgres::ConnectionLost);
    expect_failed(rounds, "");
}

TEST_F(RoundsTest, make_the_other_checks_while_broker_and_cache_are_away) {
    auto away = sources();
    away.broker_management = "http://guest:guest@127.0.0.1:1/none";
    away.redis = "redis://127.0.0.1:1";
    Rounds rounds(away, limits());
    whole_.world.order.execute("update orders set total_amount = 601 where id = made_id(0, 2)");
    expect_failed(rounds, "A11");
    EXPECT_NE(rounds.sources().at("broker"), "");
    EXPECT_NE(rounds.sources().at("cache"), "");
    EXPECT_NE(check_of(rounds.checks(), "A16").not_applicable, "");
}

double value_of(const platform::telemetry::Metrics& metrics, const std::string& sample) {
    const auto text = "\n" + metrics.text();
    const auto place = text.find("\n" + sample + " ");
    return place == text.npos ? -1 : std::stod(text.substr(place + sample.size() + 2));
}

void wait_for(auto holds, const platform::telemetry::Metrics& metrics) {
    const auto until = std::chrono::steady_clock::now() + 30s;
    std::mutex mutex;
    std::unique_lock lock(mutex);
    // Nobody rings: it looks again after a moment.
    for (std::condition_variable bell; !holds(); bell.wait_for(lock, 10ms))
        ASSERT_LT(std::chrono::steady_clock::now(), until) << metrics.text();
}

TEST_F(RoundsTest, are_told_by_metrics_and_a_report) {
    platform::telemetry::Metrics metrics;
    Online online(sources(), limits(), {.interval = 20ms, .share_percent = 50}, metrics);
    EXPECT_EQ(online.report(), "");
    EXPECT_FALSE(online.age());
    online.start();
    wait_for([&] { return value_of(metrics, "shop_audit_comparisons_total") >= 3; }, metrics);
    EXPECT_EQ(value_of(metrics, "shop_books_unbalanced{check=\"A7\"}"), 0);
    EXPECT_EQ(value_of(metrics, "shop_books_unbalanced{check=\"A13\"}"), -1);
    whole_.world.inventory.execute("update stock set on_hand = on_hand + 1 where sku = 'MUG'");
    wait_for([&] { return value_of(metrics, "shop_books_unbalanced{check=\"A7\"}") == 1; }, metrics);
    wait_for([&] { return online.report().find("UNBALANCED") != std::string::npos; }, metrics);
    EXPECT_NO_THROW(boost::json::parse(online.report()));
    EXPECT_LT(*online.age(), 30s);
    online.ask_to_stop();
    EXPECT_TRUE(online.ended(30s));
    EXPECT_THAT(metrics.names(),
                testing::IsSupersetOf(
                    {"shop_audit_age_seconds", "shop_audit_behind_seconds", "shop_audit_comparisons_total",
                     "shop_audit_duration_seconds", "shop_audit_failing", "shop_audit_failures_total",
                     "shop_audit_full_passes", "shop_audit_orders_compared_total", "shop_books_unbalanced"}));
}

TEST_F(RoundsTest, that_cannot_be_made_are_told_by_a_metric) {
    platform::telemetry::Metrics metrics;
    auto away = sources();
    away.databases.payment = whole_.world.payment.url_at(1);
    Online online(away, limits(), {.interval = 20ms, .share_percent = 50}, metrics);
    online.start();
    wait_for([&] { return value_of(metrics, "shop_audit_failures_total{source=\"databases\"}") >= 2; },
             metrics);
    EXPECT_EQ(value_of(metrics, "shop_audit_failing{source=\"databases\"}"), 1);
    EXPECT_EQ(value_of(metrics, "shop_audit_comparisons_total"), 0);
    online.show_age();
    EXPECT_GE(value_of(metrics, "shop_audit_age_seconds"), 0);
    EXPECT_FALSE(online.age());
}

}  // namespace
}  // namespace shop::audit
