#include "platform/http/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <vector>

#include "platform/http/tests/live_server.hpp"

namespace platform::http::testing {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

/// A peer that answers the n-th request with the n-th script, whatever it is: bytes to send, then whether the
/// connection is closed. Without a script it stays silent.
class ScriptedPeer {
  public:
    struct Script {
        std::string bytes;
        bool close = false;
    };

    ScriptedPeer(asio::io_context& context, std::vector<Script> scripts)
        : scripts_(std::move(scripts)),
          acceptor_(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
        asio::co_spawn(context, accept(this), [](std::exception_ptr) {});
    }

    std::string url() const {
        return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
    }

    std::vector<std::string> requests;
    int connections = 0;

  private:
    static awaitable<void> accept(ScriptedPeer* self) {
        for (;;) {
            auto [error, socket] = co_await self->acceptor_.async_accept(as_result);
            if (error) co_return;
            ++self->connections;
            asio::co_spawn(self->acceptor_.get_executor(), serve(self, std::move(socket)),
                           [](std::exception_ptr) {});
        }
    }
    static awaitable<void> serve(ScriptedPeer* self, tcp::socket socket) {
        std::string received;
        for (;;) {
            const auto [error, count] = co_await asio::async_read_until(
                socket, asio::dynamic_buffer(received), "\r\n\r\n", as_result);
            if (error) co_return;
            self->requests.push_back(std::exchange(received, {}));
            if (self->requests.size() > self->scripts_.size()) continue;
            const auto script = self->scripts_[self->requests.size() - 1];
            co_await asio::async_write(socket, asio::buffer(script.bytes), as_result);
            if (script.close) co_return;
        }
    }

    std::vector<Script> scripts_;
    tcp::acceptor acceptor_;
};

const std::string hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

class ClientTest : public ::testing::Test {
  protected:
    /// Runs until the call has ended one way or the other.
    ClientResponse call(Client& client, ClientRequest request,
                        std::optional<std::chrono::milliseconds> timeout = {}) {
        auto future = asio::co_spawn(context, client.send(std::move(request), timeout), asio::use_future);
        while (future.wait_for(0s) != std::future_status::ready) context.run_one();
        return future.get();
    }

    void expect_failure(Client& client, ClientRequest request, bool sent,
                        std::optional<std::chrono::milliseconds> timeout = {}) {
        try {
            call(client, std::move(request), timeout);
            ADD_FAILURE() << "a response";
        } catch (const TransportError& error) {
            EXPECT_EQ(error.sent, sent) << error.what();
        }
    }

    asio::io_context context;
    asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
};

TEST_F(ClientTest, sends_a_request_and_reads_the_response) {
    ScriptedPeer peer(context, {{hello}});
    Client client(context, {.base_url = peer.url() + "/base/"});
    const auto trace = telemetry::Trace::start();
    const auto response =
        call(client, {.method = "POST", .target = "/x?y=z", .headers = {{"X-A", "b"}}, .trace = trace});
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "hello");
    EXPECT_EQ(response.headers.find("content-length"), "5");
    EXPECT_THAT(peer.requests.at(0), ::testing::StartsWith("POST /base/x?y=z HTTP/1.1\r\nHost: 127.0.0.1:"));
    EXPECT_THAT(peer.requests.at(0), HasSubstr("\r\nX-A: b\r\n"));
    EXPECT_THAT(peer.requests.at(0), HasSubstr("\r\nContent-Length: 0\r\n"));
    EXPECT_THAT(peer.requests.at(0), HasSubstr("\r\ntraceparent: 00-" + trace.id_text()));
}

TEST_F(ClientTest, keeps_connections_and_opens_a_new_one_when_it_must) {
    ScriptedPeer peer(context, {{hello},
                                {hello},
                                {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"},
                                {hello},
                                {hello + "surplus"},
                                {hello}});
    Client client(context, {.base_url = peer.url()});
    for (int i = 0; i < 3; ++i) call(client, {});
    EXPECT_EQ(peer.connections, 1);
    for (int i = 0; i < 2; ++i) call(client, {});
    EXPECT_EQ(peer.connections, 2);
    call(client, {});
    EXPECT_EQ(peer.connections, 3);
}

TEST_F(ClientTest, does_not_use_a_pooled_connection_that_the_peer_has_closed) {
    ScriptedPeer peer(context, {{hello, true}, {hello, true}});
    Client client(context, {.base_url = peer.url()});
    EXPECT_EQ(call(client, {.method = "POST"}).status, 200);
    context.poll();  // Until the peer has closed its end.
    EXPECT_EQ(call(client, {.method = "POST"}).status, 200);
    EXPECT_EQ(peer.connections, 2);
    EXPECT_EQ(peer.requests.size(), 2U);
}

TEST_F(ClientTest, says_that_nothing_was_sent_when_it_could_not_connect) {
    tcp::acceptor reserved(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    const auto url = "http://127.0.0.1:" + std::to_string(reserved.local_endpoint().port());
    reserved.close();
    Client refused(context, {.base_url = url});
    expect_failure(refused, {}, false);
    Client unknown(context, {.base_url = "http://does-not-exist.invalid"});
    expect_failure(unknown, {}, false);
}

TEST_F(ClientTest, says_that_it_may_have_been_sent_when_no_response_comes) {
    ScriptedPeer silent(context, {});
    Client client(context, {.base_url = silent.url()});
    expect_failure(client, {}, true, 30ms);
    ScriptedPeer closing(context, {{"", true}});
    Client cut(context, {.base_url = closing.url()});
    expect_failure(cut, {}, true);
    EXPECT_EQ(closing.requests.size(), 1U);  // Not even a GET is asked twice once it was written.
    ScriptedPeer partial(context, {{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", true}});
    Client half(context, {.base_url = partial.url()});
    expect_failure(half, {}, true);
}

TEST_F(ClientTest, limits_what_it_reads) {
    ScriptedPeer peer(
        context, {{hello},
                  {"HTTP/1.1 200 OK\r\nX: " + std::string(5000, 'a') + "\r\n\r\n"},
                  {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"}});
    Client client(context, {.base_url = peer.url(), .header_bytes_max = 1000, .response_bytes_max = 4});
    for (int i = 0; i < 3; ++i) expect_failure(client, {}, true);
}

TEST_F(ClientTest, refuses_responses_that_are_not_http) {
    ScriptedPeer peer(context, {{"what?\r\n\r\n"},
                                {"HTTP/1.1 200 OK\nX: y\n\n"},
                                {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"}});
    Client client(context, {.base_url = peer.url()});
    for (int i = 0; i < 3; ++i) expect_failure(client, {}, true, 200ms);
}

TEST_F(ClientTest, passes_over_interim_responses_and_knows_head) {
    ScriptedPeer peer(
        context, {{"HTTP/1.1 103 Early Hints\r\n\r\n" + hello},
                  {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"},
                  {"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"}});
    Client client(context, {.base_url = peer.url()});
    EXPECT_EQ(call(client, {}).body, "hello");
    EXPECT_EQ(call(client, {.method = "HEAD"}).body, "");
    EXPECT_EQ(call(client, {}).status, 302);
    EXPECT_EQ(peer.requests.size(), 3U);
    EXPECT_EQ(peer.connections, 1);
}

TEST_F(ClientTest, waits_for_a_connection_no_longer_than_it_may) {
    ScriptedPeer peer(context, {});
    Client client(context,
                  {.base_url = peer.url(), .connections_max = 1, .waiting_max = 1, .request_ms = 60s});
    auto holder = asio::co_spawn(context, client.send({}, 60s), asio::use_future);
    while (peer.requests.empty()) context.run_one();
    auto waiter = asio::co_spawn(context, client.send({}, 50ms), asio::use_future);
    context.poll();
    expect_failure(client, {}, false, 50ms);  // The queue is full.
    while (waiter.wait_for(0s) != std::future_status::ready) context.run_one();
    try {
        waiter.get();
        ADD_FAILURE();
    } catch (const TransportError& error) {
        EXPECT_FALSE(error.sent);
    }
}

TEST_F(ClientTest, hands_a_free_connection_to_whoever_waits) {
    ScriptedPeer peer(context, {{hello}, {hello}, {hello}});
    Client client(context, {.base_url = peer.url(), .connections_max = 1});
    std::vector<std::future<ClientResponse>> calls;
    for (int i = 0; i < 3; ++i) calls.push_back(asio::co_spawn(context, client.send({}), asio::use_future));
    for (auto& one : calls) {
        while (one.wait_for(0s) != std::future_status::ready) context.run_one();
        EXPECT_EQ(one.get().body, "hello");
    }
    EXPECT_EQ(peer.connections, 1);
}

/// A peer that does something only when the test says so.
struct ManualPeer {
    explicit ManualPeer(asio::io_context& io) : context(io), socket(io) {
        acceptor.async_accept(socket, [this](boost::system::error_code) { connected = true; });
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()); }
    /// Runs until a request has come in, and takes it; false when none does in time.
    bool take_request() {
        const auto deadline = std::chrono::steady_clock::now() + 5s;
        while (!connected || socket.available() == 0) {
            if (std::chrono::steady_clock::now() > deadline) return false;
            context.run_one_for(1ms);
        }
        std::string request(socket.available(), '\0');
        asio::read(socket, asio::buffer(request));
        return true;
    }
    void answer() { asio::write(socket, asio::buffer(hello)); }

    asio::io_context& context;
    tcp::acceptor acceptor{context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
    tcp::socket socket;
    bool connected = false;
};

TEST_F(ClientTest, passes_a_connection_on_that_came_too_late_for_whoever_was_first) {
    ManualPeer peer(context);
    Client client(context, {.base_url = peer.url(), .connections_max = 1, .request_ms = 60s});
    auto holder = asio::co_spawn(context, client.send({}), asio::use_future);
    ASSERT_TRUE(peer.take_request());
    auto late = asio::co_spawn(context, client.send({}, 20ms), asio::use_future);
    auto next = asio::co_spawn(context, client.send({}), asio::use_future);
    context.poll();
    const auto too_late = std::chrono::steady_clock::now() + 20ms;
    // Both at one turn of the event loop: the answer, which frees the connection, and behind it the end of
    // the first one's wait.
    peer.answer();
    while (std::chrono::steady_clock::now() <= too_late) continue;
    while (late.wait_for(0s) != std::future_status::ready) context.run_one();
    EXPECT_THROW(late.get(), TransportError);
    EXPECT_EQ(holder.get().body, "hello");
    ASSERT_TRUE(peer.take_request()) << "nobody was told that the connection is free";
    peer.answer();
    while (next.wait_for(0s) != std::future_status::ready) context.run_one();
    EXPECT_EQ(next.get().body, "hello");
}

TEST_F(ClientTest, fails_calls_after_stop) {
    ScriptedPeer peer(context, {{hello}});
    Client client(context, {.base_url = peer.url()});
    call(client, {});
    client.stop();
    expect_failure(client, {}, false);
}

TEST_F(ClientTest, sends_nothing_that_could_be_two_requests) {
    Client client(context, {.base_url = "http://127.0.0.1:1"});
    for (const auto& request : std::vector<ClientRequest>{{.target = "/a b"},
                                                          {.target = "a"},
                                                          {.target = "/a\r\nX: y"},
                                                          {.method = "GET /"},
                                                          {.headers = {{"X", "a\r\nY: b"}}},
                                                          {.headers = {{"X:", "a"}}},
                                                          {.headers = {{"host", "a"}}},
                                                          {.headers = {{"Content-Length", "1"}}},
                                                          {.headers = {{"", "a"}}}})
        EXPECT_THROW(call(client, request), std::invalid_argument);
    for (const auto* url : {"", "ftp://a", "http://", "http://a?b", "http://u:p@a", "a"})
        EXPECT_THROW(Client(context, {.base_url = url}), std::invalid_argument) << url;
}

TEST_F(ClientTest, talks_to_our_own_server) {
    struct Answer {
        static awaitable<Response> now(Request request) {
            co_return Response{.body = std::move(request.body)};
        }
    };
    LiveServer live([](Request request) { return Answer::now(std::move(request)); });
    Client client(context, {.base_url = "http://localhost:" + std::to_string(live.port())});
    EXPECT_EQ(call(client, {.method = "PUT", .target = "/", .body = "text"}).body, "text");
}

}  // namespace
}  // namespace platform::http::testing
