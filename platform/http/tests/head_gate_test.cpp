#include "platform/http/head_gate.hpp"

#include <gtest/gtest.h>

#include <string>

namespace platform::http {
namespace {

using Verdict = HeadGate::Verdict;
constexpr HeadGate::Limits limits{1024, 10};

struct Judged {
    Verdict verdict;
    int status;
};

Judged judge(std::string_view head) {
    HeadGate gate(limits);
    const auto verdict = gate.judge(head);
    return {verdict, verdict == Verdict::refused ? gate.problem().status : 0};
}

std::string with(std::string_view fields) {
    return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

void expect_refused(std::string_view head, int status = 400) {
    const auto judged = judge(head);
    EXPECT_EQ(judged.verdict, Verdict::refused) << head;
    EXPECT_EQ(judged.status, status) << head;
}

TEST(HeadGate, accepts_ordinary_requests) {
    for (const auto& head :
         {with(""), with("Content-Length: 0\r\n"), with("Content-Length: 18\r\n"),
          with("transfer-encoding:chunked\r\n"), with("Transfer-Encoding: \tCHUNKED \r\n"),
          with("X-Empty:\r\n"), with("X: caf\xc3\xa9\r\n"), with("Expect: 100-Continue\r\n"),
          std::string("GET /a?b=c%20d&e=[1] HTTP/1.0\r\n\r\n"),
          std::string("PROPFIND / HTTP/1.1\r\nhOsT: [::1]:80\r\n\r\n")})
        EXPECT_EQ(judge(head).verdict, Verdict::complete) << head;
}

TEST(HeadGate, ends_the_head_before_the_body) {
    const auto head = with("Content-Length: 4\r\n");
    HeadGate gate(limits);
    ASSERT_EQ(gate.judge(head + "\nab\n"), Verdict::complete);
    EXPECT_EQ(gate.length(), head.size());
}

TEST(HeadGate, judges_the_same_when_bytes_arrive_one_by_one) {
    for (const auto& head : {with("Expect: 100-continue\r\n"), with(" folded\r\n"), with("A : b\r\n"),
                             std::string("GET / HTTP/1.1\r\nHost: a\n\n")}) {
        HeadGate gate(limits);
        auto verdict = Verdict::incomplete;
        for (std::size_t size = 1; size <= head.size() && verdict == Verdict::incomplete; ++size)
            verdict = gate.judge(std::string_view(head).substr(0, size));
        EXPECT_EQ(verdict, judge(head).verdict) << head;
    }
}

TEST(HeadGate, refuses_two_ways_to_find_the_end) {
    expect_refused(with("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"));
    expect_refused(with("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"));
    expect_refused(with("Content-Length: 3\r\nContent-Length: 3\r\n"));
    expect_refused(with("Content-Length: 3\r\ncontent-length: 4\r\n"));
    expect_refused(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"));
    expect_refused("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n");
}

TEST(HeadGate, refuses_a_content_length_that_is_not_plain_digits) {
    for (const auto* value : {"", "+5", "-1", "5, 5", "0x5", "5 5", "5a",
                              "\x0b"
                              "5",
                              "1e3", "5;"})
        expect_refused(with("Content-Length: " + std::string(value) + "\r\n"));
    expect_refused(with("Content-Length: 9223372036854775808\r\n"), 413);
}

TEST(HeadGate, refuses_unknown_transfer_codings) {
    for (const auto* value : {"", "xchunked", "identity", "gzip, chunked", "chunked, chunked",
                              "\x0b"
                              "chunked",
                              "chunked;a=b", "\"chunked\"", "chun ked"})
        expect_refused(with("Transfer-Encoding: " + std::string(value) + "\r\n"));
}

TEST(HeadGate, refuses_line_ends_that_are_not_crlf) {
    expect_refused("GET / HTTP/1.1\nHost: a\n\n");
    expect_refused("GET / HTTP/1.1\r\nHost: a\n\r\n");
    expect_refused("GET / HTTP/1.1\r\nHost: a\r\n\n");
    expect_refused("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n");
    expect_refused("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect_refused("\n");
}

TEST(HeadGate, refuses_fields_that_could_be_read_in_two_ways) {
    expect_refused(with("X: a\r\n b\r\n"));
    expect_refused(with("X: a\r\n\tb\r\n"));
    expect_refused(with("Content-Length : 5\r\n"));
    expect_refused(with("Content-Length\t: 5\r\n"));
    expect_refused(with("no colon\r\n"));
    expect_refused(with(": no name\r\n"));
    expect_refused(with("X\x80: a\r\n"));
    expect_refused(with(std::string("X: a\0b\r\n", 8)));
    expect_refused(with("X: \x7f\r\n"));
    expect_refused(with("X[]: a\r\n"));
    for (const auto* name : {"Host", "Authorization", "Content-Type", "Idempotency-Key", "Expect"})
        expect_refused(with(std::string(name) + ": 100-continue\r\n" + name + ": 100-continue\r\n"), 400);
}

TEST(HeadGate, refuses_request_lines_of_other_shapes) {
    for (const auto* line : {"GET /",
                             "GET / ",
                             "GET  / HTTP/1.1",
                             " GET / HTTP/1.1",
                             "GET / HTTP/1.1 ",
                             "GET",
                             "G(ET / HTTP/1.1",
                             "GET\t/ HTTP/1.1",
                             "GET http://a/ HTTP/1.1",
                             "GET * HTTP/1.1",
                             "CONNECT a:80 HTTP/1.1",
                             "GET a HTTP/1.1",
                             "GET /a b HTTP/1.1",
                             "GET /# HTTP/1.1",
                             "GET /\x80 HTTP/1.1",
                             "GET /<a> HTTP/1.1",
                             "GET / http/1.1",
                             "GET / HTTP/1.1x",
                             "GET / HTTP/11",
                             "GET / XTTP/1.1"})
        expect_refused(std::string(line) + "\r\nHost: a\r\n\r\n");
    expect_refused("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505);
    expect_refused("GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505);
    expect_refused("GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505);
}

TEST(HeadGate, needs_exactly_one_host_in_http_1_1) {
    expect_refused("GET / HTTP/1.1\r\n\r\n");
    expect_refused("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
    expect_refused("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n");
    expect_refused("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n");
}

TEST(HeadGate, limits_bytes_and_fields) {
    expect_refused(std::string(2000, 'A'), 431);
    expect_refused(with("X: " + std::string(2000, 'a') + "\r\n"), 431);
    std::string many;
    for (int i = 0; i < 10; ++i) many += "X: y\r\n";
    expect_refused(with(many), 431);
}

TEST(HeadGate, refuses_what_does_not_begin_like_http_at_once) {
    expect_refused(std::string("\x16\x03\x01", 3));
    EXPECT_EQ(judge("G").verdict, Verdict::incomplete);
    EXPECT_EQ(judge("").verdict, Verdict::incomplete);
}

TEST(HeadGate, knows_one_expectation) {
    expect_refused(with("Expect: a-miracle\r\n"), 417);
    HeadGate old(limits);
    ASSERT_EQ(old.judge("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n"), Verdict::complete);
    EXPECT_FALSE(old.expects_continue());
}

}  // namespace
}  // namespace platform::http
