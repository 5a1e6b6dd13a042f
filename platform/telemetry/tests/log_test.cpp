#include "platform/telemetry/log.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <chrono>
#include <future>
#include <limits>
#include <thread>

#include "platform/telemetry/log_writer.hpp"

namespace platform::telemetry {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

std::string line(std::string_view message, std::initializer_list<Field> fields = {},
                 const Trace* trace = nullptr) {
    return log_line(1'700'000'000'000'000, "order-service", Level::info, message,
                    {fields.begin(), fields.size()}, trace);
}

std::string read_everything(int descriptor) {
    std::string text;
    std::array<char, 4096> buffer;
    for (ssize_t count; (count = ::read(descriptor, buffer.data(), buffer.size())) > 0;)
        text.append(buffer.data(), static_cast<std::size_t>(count));
    return text;
}

TEST(LogLine, is_one_json_object_with_every_kind_of_value) {
    const auto trace = Trace::start();
    const auto value =
        json::parse(line("hello", {{"status", 200}, {"seconds", 0.25}, {"ok", true}, {"s", "x"}}, &trace))
            .as_object();
    EXPECT_EQ(value.at("time"), "2023-11-14T22:13:20.000000Z");
    EXPECT_EQ(value.at("level"), "info");
    EXPECT_EQ(value.at("service"), "order-service");
    EXPECT_EQ(value.at("message"), "hello");
    EXPECT_EQ(value.at("trace_id"), json::string(trace.id_text()));
    EXPECT_EQ(value.at("status"), 200);
    EXPECT_EQ(value.at("seconds"), 0.25);
    EXPECT_EQ(value.at("ok"), true);
    EXPECT_EQ(value.at("s"), "x");
}

TEST(LogLine, cannot_be_forged_by_a_value) {
    const std::string evil = "x\r\n{\"level\":\"error\"}\x1b[31m\x7f\"\\";
    const auto text = line(evil, {{evil, evil}});
    EXPECT_EQ(std::ranges::count(text, '\n'), 1);
    EXPECT_TRUE(text.ends_with("}\n"));
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    const auto value = json::parse(text).as_object();
    EXPECT_EQ(value.at("message"), json::string(evil));
    EXPECT_EQ(value.at(evil), json::string(evil));
}

TEST(LogLine, replaces_what_is_not_utf8) {
    for (const auto* bad :
         {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xf0\x9f\x98"}) {
        const auto value = json::parse(line(bad)).as_object();
        EXPECT_TRUE(value.at("message").as_string().starts_with("\xef\xbf\xbd")) << bad;
    }
    EXPECT_EQ(json::parse(line("\u20ac \U0001F600")).at("message"), "\u20ac \U0001F600");
}

TEST(LogLine, cuts_a_value_that_is_too_long_and_writes_no_infinity) {
    const auto value =
        json::parse(line(std::string(100'000, 'x'), {{"d", std::numeric_limits<double>::infinity()}}))
            .as_object();
    EXPECT_LT(value.at("message").as_string().size(), 5000U);
    EXPECT_TRUE(value.at("d").is_null());
}

TEST(Level, has_five_names) {
    EXPECT_EQ(level_of("warn"), Level::warn);
    EXPECT_FALSE(level_of("WARN"));
    EXPECT_FALSE(level_of(""));
}

TEST(LogWriter, writes_what_was_accepted_before_flush_returns) {
    std::array<int, 2> ends;
    ASSERT_EQ(::pipe(ends.data()), 0);
    {
        LogWriter writer(ends[1], 1024);
        writer.write("one\n");
        writer.write("two\n");
        EXPECT_TRUE(writer.flush(10s));
        std::array<char, 8> text;
        ASSERT_EQ(::read(ends[0], text.data(), text.size()), 8);
        EXPECT_EQ(std::string_view(text.data(), 8), "one\ntwo\n");
        writer.write("last\n");
    }
    ::close(ends[1]);
    EXPECT_EQ(read_everything(ends[0]), "last\n");
    ::close(ends[0]);
}

TEST(LogWriter, drops_and_reports_what_does_not_fit) {
    std::array<int, 2> ends;
    ASSERT_EQ(::pipe(ends.data()), 0);
    {
        LogWriter writer(ends[1], 16);
        writer.write("fits\n");
        writer.write("this one is longer than the buffer\n");
        EXPECT_EQ(writer.dropped(), 1U);
    }
    ::close(ends[1]);
    const auto text = read_everything(ends[0]);
    EXPECT_THAT(text, testing::HasSubstr("fits\n"));
    EXPECT_THAT(text, testing::HasSubstr(R"("message":"log lines dropped","lines":1)"));
    ::close(ends[0]);
}

/// Fills the pipe until it takes no more, and leaves it blocking again, as standard output is.
void fill(int descriptor) {
    const int flags = ::fcntl(descriptor, F_GETFL);
    ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
    const std::string page(4096, 'x');
    while (::write(descriptor, page.data(), page.size()) > 0) continue;
    ::fcntl(descriptor, F_SETFL, flags);
}

TEST(LogWriter, does_not_wait_for_a_reader_that_has_stopped) {
    std::array<int, 2> ends;
    ASSERT_EQ(::pipe(ends.data()), 0);
    fill(ends[1]);
    std::promise<void> returned;
    bool in_time = false;
    {
        LogWriter writer(ends[1], 1024);
        // Reads at last, so that the writer can end however the test goes.
        std::thread reader([&, flushed = returned.get_future()] {
            in_time = flushed.wait_for(10s) == std::future_status::ready;
            std::array<char, 4096> bytes;
            while (::read(ends[0], bytes.data(), bytes.size()) > 0) continue;
        });
        writer.write("nobody reads this\n");
        EXPECT_FALSE(writer.flush(20ms));
        returned.set_value();
        EXPECT_TRUE(writer.flush(10s)) << "what was waiting goes out once somebody reads";
        ::close(ends[1]);
        reader.join();
    }
    EXPECT_TRUE(in_time);
    ::close(ends[0]);
}

}  // namespace
}  // namespace platform::telemetry
