#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include "platform/http/tests/live_server.hpp"

namespace platform::http::testing {
namespace {

/// Every request of the corpus carries this one inside; it must never be seen as a request of its own.
const std::string marker = "GET /marker HTTP/1.1\r\nHost: evil\r\n\r\n";

class Smuggling : public ::testing::Test {
  protected:
    static awaitable<Response> answer(Smuggling* self, Request request) {
        if (request.path == "/marker") ++self->markers;
        co_return Response{.body = "{}"};
    }

    /// 400 and the connection closed, and the marker not taken for a request.
    void expect_refused(const std::string& request, int status = 400) {
        RawClient client(live.port());
        client.send(request);
        const auto response = client.read();
        EXPECT_EQ(response.status, status) << request;
        EXPECT_TRUE(response.has("Connection: close")) << request;
        EXPECT_TRUE(response.has("Content-Type: application/problem+json")) << request;
        EXPECT_TRUE(client.closed()) << request;
        EXPECT_EQ(markers, 0) << request;
    }

    std::atomic<int> markers = 0;
    LiveServer live{[this](Request request) { return answer(this, std::move(request)); }};
};

std::string with(const std::string& fields, const std::string& body) {
    return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body + marker;
}

TEST_F(Smuggling, two_framings) {
    expect_refused(with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"));
    expect_refused(with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"));
    expect_refused(with("Content-Length: 0\r\nContent-Length: 38\r\n", ""));
    expect_refused(with("Content-Length: 0\r\nContent-Length: 0\r\n", ""));
    expect_refused(with("Content-Length: 0, 0\r\n", ""));
    expect_refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + marker);
}

TEST_F(Smuggling, lengths_that_are_not_digits) {
    for (const auto* length : {"+5", "-5", "", " ", "0x5", "5 ,", "5.0",
                               "\x0b"
                               "0",
                               "0_0", "5\xc2\xa0"})
        expect_refused(with("Content-Length: " + std::string(length) + "\r\n", ""));
    expect_refused(with("Content-Length: 18446744073709551616\r\n", ""), 413);
    expect_refused(with("Content-Length: 9223372036854775808\r\n", ""), 413);
}

TEST_F(Smuggling, transfer_codings_that_look_like_chunked) {
    for (const auto* coding : {"xchunked",
                               "\x0b"
                               "chunked",
                               "chunked, identity", "identity, chunked", "chunked,", "chunk", "\"chunked\"",
                               "chunked;q=1", "gzip"})
        expect_refused(with("Transfer-Encoding: " + std::string(coding) + "\r\n", "0\r\n\r\n"));
    expect_refused(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", "0\r\n\r\n"));
    expect_refused(with("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"));
    expect_refused(with("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"));
    expect_refused(with("X: y\r\n\tTransfer-Encoding: chunked\r\n", "0\r\n\r\n"));
}

TEST_F(Smuggling, line_ends) {
    expect_refused("GET / HTTP/1.1\nHost: a\n\n" + marker);
    expect_refused("GET / HTTP/1.1\r\nHost: a\nContent-Length: 38\r\n\r\n" + marker);
    expect_refused("GET / HTTP/1.1\r\nHost: a\r\n\n" + marker);
    expect_refused("GET / HTTP/1.1\r\nHost: a\r\nX: a\rContent-Length: 38\r\n\r\n" + marker);
    expect_refused("\r\n" + marker);
}

TEST_F(Smuggling, chunks) {
    const std::string chunked = "Transfer-Encoding: chunked\r\n";
    expect_refused(with(chunked, "-1\r\n"));
    expect_refused(with(chunked, "0x0\r\n\r\n"));
    expect_refused(with(chunked, "+0\r\n\r\n"));
    expect_refused(with(chunked, " 0\r\n\r\n"));
    expect_refused(with(chunked, "\r\n\r\n"));
    expect_refused(with(chunked, "g\r\n"));
    expect_refused(with(chunked, "1\nx\n0\n\n"));
    expect_refused(with(chunked, "1\r\nxy\r\n0\r\n\r\n"));
    expect_refused(with(chunked, "1 \r\nx\r\n0\r\n\r\n"));
    expect_refused(with(chunked, "1;\x01\r\nx\r\n0\r\n\r\n"));
    expect_refused(with(chunked, "10000000000000001\r\nx\r\n0\r\n\r\n"));
    expect_refused(with(chunked, "1;" + std::string(1'000'000, 'a') + "\r\nx\r\n0\r\n\r\n"));
    expect_refused(with(chunked, "0\r\nContent-Length: 38\r\n\r\n"));
}

TEST_F(Smuggling, targets_and_versions) {
    expect_refused("GET http://a/marker HTTP/1.1\r\nHost: a\r\n\r\n" + marker);
    expect_refused("GET //a@b HTTP/1.1 \r\nHost: a\r\n\r\n" + marker);
    expect_refused("GET /\r\n" + marker);
    expect_refused("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + marker);
    expect_refused("GET / HTTP/1.1\r\n\r\n" + marker);
    expect_refused("CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n" + marker);
    expect_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    expect_refused("GET / HTTP/1.9\r\nHost: a\r\n\r\n" + marker, 505);
}

TEST_F(Smuggling, a_body_is_not_a_request) {
    RawClient client(live.port());
    EXPECT_EQ(client.exchange(post("/", marker)).status, 200);
    EXPECT_EQ(client.exchange(post("/", marker)).status, 200);
    EXPECT_EQ(markers, 0);
    EXPECT_EQ(client.exchange(marker).status, 200);
    EXPECT_EQ(markers, 1);
}

}  // namespace
}  // namespace platform::http::testing
