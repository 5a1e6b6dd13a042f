#include "platform/http/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <stdexcept>

#include "platform/http/tests/live_server.hpp"

namespace platform::http::testing {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// Says what it was asked, and at some paths misbehaves: /stuck waits until it is released.
class Echo {
  public:
    explicit Echo(ServerConfig config = {})
        : live([this](Request request) { return answer(this, std::move(request)); }, config) {}
    ~Echo() { release(); }

    void release() {
        asio::post(live.context, [this] { stuck_.cancel(); });
    }
    void wait_until_stuck() { reached_.get_future().wait(); }
    std::future<void> drain(std::chrono::milliseconds patience) {
        return asio::co_spawn(live.context, live.server().drain(std::chrono::steady_clock::now() + patience),
                              asio::use_future);
    }

    LiveServer live;

  private:
    static awaitable<Response> answer(Echo* self, Request request) {
        if (request.path == "/throw") throw std::runtime_error("a secret");
        if (request.path == "/large") co_return Response{.body = std::string(8U << 20U, 'x')};
        if (request.path == "/stuck") {
            self->stuck_.expires_at(std::chrono::steady_clock::time_point::max());
            self->reached_.set_value();
            co_await self->stuck_.async_wait(asio::as_tuple(asio::use_awaitable));
        }
        std::string text = request.method + " " + request.path + "?" + request.query + " " + request.body;
        text += " " + request.trace.id_text() + " " + request.request_id;
        co_return Response{.body = std::move(text), .content_type = "text/plain"};
    }

    asio::steady_timer stuck_{live.context};
    std::promise<void> reached_;
};

TEST(Server, answers_several_requests_on_one_connection) {
    Echo echo;
    RawClient client(echo.live.port());
    for (int i = 0; i < 3; ++i) {
        const auto response = client.exchange(post("/a?b=c", "body"));
        EXPECT_EQ(response.status, 200);
        EXPECT_THAT(response.body, HasSubstr("POST /a?b=c body"));
    }
}

TEST(Server, answers_pipelined_requests_in_order) {
    Echo echo;
    RawClient client(echo.live.port());
    client.send(get("/1") + post("/2", "two") + get("/3"));
    EXPECT_THAT(client.read().body, HasSubstr("/1"));
    EXPECT_THAT(client.read().body, HasSubstr("/2? two"));
    EXPECT_THAT(client.read().body, HasSubstr("/3"));
}

TEST(Server, reads_requests_that_arrive_in_pieces) {
    Echo echo;
    RawClient client(echo.live.port());
    for (const char c : post("/a", "body") + get("/b")) client.send({&c, 1});
    EXPECT_THAT(client.read().body, HasSubstr("/a? body"));
    EXPECT_THAT(client.read().body, HasSubstr("/b"));
}

TEST(Server, reads_chunked_bodies_and_ignores_their_trailers) {
    Echo echo;
    RawClient client(echo.live.port());
    const auto response = client.exchange(
        "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-Request-ID: trailer\r\n\r\n");
    EXPECT_THAT(response.body, HasSubstr("/a? abcde "));
    EXPECT_THAT(response.body, ::testing::Not(HasSubstr("trailer")));
    EXPECT_EQ(client.exchange(get("/b")).status, 200);
}

TEST(Server, closes_when_the_client_asks_for_it) {
    Echo echo;
    RawClient client(echo.live.port());
    EXPECT_TRUE(client.exchange(get("/", "Connection: close\r\n")).has("Connection: close"));
    EXPECT_TRUE(client.closed());
    RawClient old(echo.live.port());
    EXPECT_TRUE(old.exchange("GET / HTTP/1.0\r\n\r\n").has("Connection: close"));
    EXPECT_TRUE(old.closed());
    RawClient kept(echo.live.port());
    EXPECT_TRUE(
        kept.exchange("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").has("Connection: keep-alive"));
    EXPECT_EQ(kept.exchange("GET / HTTP/1.0\r\n\r\n").status, 200);
}

TEST(Server, answers_head_without_a_body) {
    Echo echo;
    RawClient client(echo.live.port());
    client.send("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto response = client.read(true);
    EXPECT_THAT(response.head, HasSubstr("Content-Length: "));
    EXPECT_THAT(client.exchange(get("/b")).body, HasSubstr("GET /b"));
}

TEST(Server, keeps_a_usable_request_id_and_replaces_another) {
    Echo echo;
    RawClient client(echo.live.port());
    EXPECT_TRUE(client.exchange(get("/", "X-Request-ID: abc-1\r\n")).has("X-Request-ID: abc-1"));
    for (const auto& bad :
         {std::string("a b"), std::string(200, 'a'), std::string("<script>"), std::string()}) {
        const auto response = client.exchange(get("/", "X-Request-ID: " + bad + "\r\n"));
        EXPECT_FALSE(response.has("X-Request-ID: " + bad));
        EXPECT_THAT(response.head, HasSubstr("X-Request-ID: "));
    }
}

TEST(Server, continues_the_callers_trace) {
    Echo echo;
    RawClient client(echo.live.port());
    const auto response =
        client.exchange(get("/", "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"));
    EXPECT_THAT(response.body, HasSubstr("4bf92f3577b34da6a3ce929d0e0e4736"));
}

TEST(Server, invites_a_body_that_waits_to_be_invited) {
    Echo echo;
    RawClient client(echo.live.port());
    client.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read().status, 100);
    client.send("body");
    EXPECT_THAT(client.read().body, HasSubstr("body"));
}

TEST(Server, does_not_invite_a_body_that_is_too_large) {
    Echo echo({.body_bytes_max = 10});
    RawClient client(echo.live.port());
    EXPECT_EQ(
        client.exchange("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n")
            .status,
        413);
    EXPECT_TRUE(client.closed());
}

TEST(Server, accepts_a_body_of_exactly_the_limit) {
    Echo echo({.body_bytes_max = 10});
    RawClient client(echo.live.port());
    EXPECT_EQ(client.exchange(post("/a", "0123456789")).status, 200);
    const auto refused = client.exchange(post("/a", "0123456789x"));
    EXPECT_EQ(refused.status, 413);
    EXPECT_TRUE(refused.has("Content-Type: application/problem+json"));
    EXPECT_THAT(refused.body, HasSubstr("/problems/body-too-large"));
    EXPECT_TRUE(client.closed());
}

TEST(Server, refuses_a_chunked_body_over_the_limit) {
    Echo echo({.body_bytes_max = 10});
    RawClient client(echo.live.port());
    EXPECT_EQ(client
                  .exchange("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                            "8\r\n01234567\r\n3\r\n89x\r\n0\r\n\r\n")
                  .status,
              413);
    RawClient huge(echo.live.port());
    EXPECT_EQ(
        huge.exchange("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n")
            .status,
        413);
}

TEST(Server, explains_itself_to_a_client_that_goes_on_sending) {
    Echo echo({.body_bytes_max = 10});
    RawClient client(echo.live.port());
    const std::string body(300'000, 'x');
    client.send(post("/a", body));
    EXPECT_EQ(client.read().status, 413);
}

TEST(Server, refuses_heads_over_the_limits) {
    Echo echo({.header_bytes_max = 1024, .header_fields_max = 5});
    RawClient large(echo.live.port());
    const auto response = large.exchange(get("/", "X: " + std::string(2000, 'a') + "\r\n"));
    EXPECT_EQ(response.status, 431);
    EXPECT_THAT(response.body, HasSubstr("/problems/head-too-large"));
    EXPECT_TRUE(large.closed());
    RawClient endless(echo.live.port());
    EXPECT_EQ(endless.exchange(std::string(1024, 'A')).status, 431);
    RawClient many(echo.live.port());
    EXPECT_EQ(many.exchange(get("/", "A:\r\nB:\r\nC:\r\nD:\r\nE:\r\nF:\r\n")).status, 431);
    RawClient fits(echo.live.port());
    const std::string fixed = get("/", "X: \r\n");
    EXPECT_EQ(fits.exchange(get("/", "X: " + std::string(1024 - fixed.size(), 'a') + "\r\n")).status, 200);
}

TEST(Server, refuses_a_chunk_header_without_end) {
    Echo echo({.header_bytes_max = 1024});
    RawClient client(echo.live.port());
    EXPECT_EQ(client
                  .exchange("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;" +
                            std::string(4000, 'a'))
                  .status,
              400);
    EXPECT_TRUE(client.closed());
}

TEST(Server, gives_up_on_a_head_that_comes_too_slowly) {
    Echo echo({.header_ms = 40ms});
    RawClient client(echo.live.port());
    const auto response = client.exchange("GET / HTTP/1.1\r\nHost:");
    EXPECT_EQ(response.status, 408);
    EXPECT_TRUE(response.has("Content-Type: application/problem+json"));
    EXPECT_TRUE(client.closed());
}

TEST(Server, gives_up_on_a_body_that_comes_too_slowly) {
    Echo echo({.body_ms = 40ms});
    RawClient client(echo.live.port());
    const auto response = client.exchange("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345");
    EXPECT_EQ(response.status, 408);
    EXPECT_THAT(response.body, HasSubstr("/problems/request-timeout"));
    EXPECT_TRUE(client.closed());
}

TEST(Server, closes_idle_connections_without_a_word) {
    Echo echo({.header_ms = 40ms, .idle_ms = 40ms});
    RawClient silent(echo.live.port());
    EXPECT_TRUE(silent.closed());
    RawClient served(echo.live.port());
    EXPECT_EQ(served.exchange(get("/")).status, 200);
    EXPECT_TRUE(served.closed());
}

TEST(Server, closes_a_connection_whose_client_does_not_read) {
    Echo echo({.max_connections = 1, .write_ms = 40ms});
    RawClient lazy(echo.live.port());
    lazy.send(get("/large"));
    // The only place is free again once the lazy one has been given up; until then this one is turned away.
    for (;;) {
        RawClient next(echo.live.port());
        const auto status = next.exchange(get("/")).status;
        if (status == 200) break;
        ASSERT_EQ(status, 503);
    }
}

TEST(Server, answers_for_a_handler_that_takes_too_long) {
    Echo echo({.handler_ms = 40ms});
    RawClient client(echo.live.port());
    const auto response = client.exchange(get("/stuck"));
    EXPECT_EQ(response.status, 503);
    EXPECT_THAT(response.body, HasSubstr("/problems/too-slow"));
    EXPECT_THAT(response.head, HasSubstr("Retry-After: 1"));
    EXPECT_TRUE(client.closed());
    EXPECT_THAT(echo.live.metrics.text(), HasSubstr("http_handlers_overdue_total 1"));
}

TEST(Server, hides_what_a_handler_throws) {
    Echo echo;
    RawClient client(echo.live.port());
    const auto response = client.exchange(get("/throw"));
    EXPECT_EQ(response.status, 500);
    EXPECT_THAT(response.body, ::testing::Not(HasSubstr("secret")));
    EXPECT_EQ(client.exchange(get("/")).status, 200);
}

TEST(Server, survives_clients_that_disappear) {
    Echo echo;
    for (int i = 0; i < 20; ++i) {
        RawClient(echo.live.port()).send("GET / HT");
        RawClient(echo.live.port()).send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12");
        RawClient(echo.live.port()).send(get("/large"));
    }
    {
        RawClient gone(echo.live.port());
        gone.send(get("/stuck"));
        echo.wait_until_stuck();
    }
    echo.release();
    RawClient client(echo.live.port());
    EXPECT_EQ(client.exchange(get("/")).status, 200);
}

TEST(Server, answers_a_client_that_has_finished_sending) {
    Echo echo;
    RawClient client(echo.live.port());
    client.send(get("/a"));
    client.finish_sending();
    EXPECT_EQ(client.read().status, 200);
    EXPECT_TRUE(client.closed());
}

TEST(Server, makes_room_for_a_new_connection_by_closing_an_idle_one) {
    Echo echo({.max_connections = 2});
    RawClient first(echo.live.port());
    EXPECT_EQ(first.exchange(get("/")).status, 200);
    RawClient second(echo.live.port());
    EXPECT_EQ(second.exchange(get("/")).status, 200);
    RawClient third(echo.live.port());
    EXPECT_EQ(third.exchange(get("/")).status, 200);
    EXPECT_TRUE(first.closed());
    EXPECT_EQ(second.exchange(get("/")).status, 200);
}

TEST(Server, turns_a_connection_away_when_all_are_busy) {
    Echo echo({.max_connections = 1});
    RawClient busy(echo.live.port());
    busy.send(get("/stuck"));
    echo.wait_until_stuck();
    RawClient extra(echo.live.port());
    const auto response = extra.read();
    EXPECT_EQ(response.status, 503);
    EXPECT_THAT(response.body, HasSubstr("/problems/overloaded"));
    echo.release();
    EXPECT_EQ(busy.read().status, 200);
}

TEST(Drain, finishes_what_is_under_way_and_closes_the_rest) {
    Echo echo;
    RawClient idle(echo.live.port());
    EXPECT_EQ(idle.exchange(get("/")).status, 200);
    RawClient busy(echo.live.port());
    busy.send(get("/stuck"));
    echo.wait_until_stuck();
    auto drained = echo.drain(5s);
    EXPECT_TRUE(idle.closed());
    EXPECT_THROW(RawClient(echo.live.port()), std::exception);
    echo.release();
    const auto response = busy.read();
    EXPECT_EQ(response.status, 200);
    EXPECT_TRUE(response.has("Connection: close"));
    EXPECT_TRUE(busy.closed());
    drained.get();
}

TEST(Drain, ends_at_its_deadline) {
    Echo echo;
    RawClient busy(echo.live.port());
    busy.send(get("/stuck"));
    echo.wait_until_stuck();
    echo.drain(20ms).get();
    EXPECT_TRUE(busy.closed());
}

}  // namespace
}  // namespace platform::http::testing
