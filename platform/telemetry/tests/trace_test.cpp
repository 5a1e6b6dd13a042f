#include "platform/telemetry/trace.hpp"

#include <gtest/gtest.h>

namespace platform::telemetry {
namespace {

constexpr auto sample = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(Trace, reads_and_writes_a_traceparent) {
    const auto trace = Trace::parse(sample);
    ASSERT_TRUE(trace);
    EXPECT_EQ(trace->header(), sample);
    EXPECT_EQ(trace->id_text(), "4bf92f3577b34da6a3ce929d0e0e4736");
}

TEST(Trace, refuses_what_the_specification_calls_invalid) {
    for (const auto* text : {
             "",
             "00",
             "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
             "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra",
             "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
             "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
             "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
             "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
             "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
             "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
             "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
         })
        EXPECT_FALSE(Trace::parse(text)) << text;
}

TEST(Trace, reads_the_known_part_of_a_later_version) {
    EXPECT_TRUE(Trace::parse("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"));
}

TEST(Trace, a_child_keeps_the_trace_and_changes_the_span) {
    const auto parent = Trace::start();
    const auto child = parent.child();
    EXPECT_EQ(child.trace_id, parent.trace_id);
    EXPECT_NE(child.span_id, parent.span_id);
}

TEST(Trace, started_traces_differ_and_can_be_read_back) {
    const auto one = Trace::start();
    const auto other = Trace::start();
    EXPECT_NE(one.trace_id, other.trace_id);
    EXPECT_EQ(Trace::parse(one.header()), one);
    EXPECT_FALSE(Trace{}.valid());
}

}  // namespace
}  // namespace platform::telemetry
