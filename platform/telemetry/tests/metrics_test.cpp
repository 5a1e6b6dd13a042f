#include "platform/telemetry/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace platform::telemetry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Metrics, the_same_name_and_labels_are_the_same_metric) {
    Metrics metrics;
    metrics.counter("orders_total", "Orders.", {{"outcome", "confirmed"}}).add();
    metrics.counter("orders_total", "Orders.", {{"outcome", "confirmed"}}).add(2);
    metrics.counter("orders_total", "Orders.", {{"outcome", "cancelled"}}).add();
    EXPECT_EQ(metrics.counter("orders_total", "Orders.", {{"outcome", "confirmed"}}).value(), 3);
}

TEST(Metrics, writes_the_text_format) {
    Metrics metrics;
    metrics.counter("orders_total", "Orders.", {{"outcome", "confirmed"}}).add(3);
    metrics.gauge("pool_connections", "Open connections.").set(7);
    metrics.histogram("wait_seconds", "Waits.", {}, {0.1, 1}).observe(0.5);
    const auto text = metrics.text();
    EXPECT_THAT(text, HasSubstr("# TYPE orders_total counter\norders_total{outcome=\"confirmed\"} 3"));
    EXPECT_THAT(text, HasSubstr("pool_connections 7"));
    EXPECT_THAT(text, HasSubstr("wait_seconds_bucket{le=\"0.1\"} 0"));
    EXPECT_THAT(text, HasSubstr("wait_seconds_bucket{le=\"1\"} 1"));
    EXPECT_THAT(text, HasSubstr("log_lines_dropped_total 0"));
}

TEST(Metrics, a_shared_handle_keeps_what_the_first_one_made) {
    auto first = std::make_unique<Metrics>();
    auto& counter = first->counter("shop_things_total", "Things.");
    const Metrics second = first->share();
    first.reset();
    counter.add(3);
    EXPECT_THAT(second.text(), HasSubstr("shop_things_total 3"));
}

TEST(Metrics, lists_its_names_sorted) {
    Metrics metrics;
    metrics.gauge("b", "B.");
    metrics.counter("a", "A.");
    EXPECT_THAT(metrics.names(), ElementsAre("a", "b", "log_lines_dropped_total"));
}

TEST(Metrics, refuses_bad_names_and_labels) {
    Metrics metrics;
    EXPECT_THROW(metrics.counter("not a name", "X."), std::invalid_argument);
    EXPECT_THROW(metrics.counter("x", "X.", {{"not-a-label", "1"}}), std::invalid_argument);
    EXPECT_THROW(metrics.counter("x", "X.", {{"l", "1"}, {"l", "2"}}), std::invalid_argument);
}

}  // namespace
}  // namespace platform::telemetry
