#pragma once

#include <boost/asio/connect.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <string_view>
#include <thread>

#include "platform/http/server.hpp"

namespace platform::http::testing {

/// A server on a free port, run by a thread of its own.
class LiveServer {
  public:
    explicit LiveServer(Handler handler, ServerConfig config = {})
        : server_(context, local(config), std::move(handler), metrics) {
        server_.start();
        thread_ = std::thread([this] { context.run(); });
    }
    ~LiveServer() {
        boost::asio::post(context, [this] { server_.stop(); });
        work_.reset();
        thread_.join();
    }

    unsigned short port() const { return server_.port(); }
    Server& server() { return server_; }

    telemetry::Metrics metrics;
    boost::asio::io_context context;

  private:
    static ServerConfig local(ServerConfig config) {
        config.host = "127.0.0.1";
        return config;
    }

    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context.get_executor()};
    Server server_;
    std::thread thread_;
};

struct RawResponse {
    int status = 0;  // 0: the connection ended before a response.
    std::string head;
    std::string body;

    bool has(std::string_view line) const {
        return head.find(std::string(line) + "\r\n") != std::string::npos;
    }
};

/// A socket that sends exactly what it is told and reads responses. Every wait ends after a few seconds.
class RawClient {
  public:
    explicit RawClient(unsigned short port);

    void send(std::string_view bytes);
    void finish_sending();

    /// `bodiless`: the request was a HEAD.
    RawResponse read(bool bodiless = false);
    RawResponse exchange(std::string_view bytes);

    /// True if the peer closes without sending anything more.
    bool closed();

  private:
    bool more();

    boost::asio::io_context context_;
    boost::asio::ip::tcp::socket socket_;
    std::string received_;
};

/// "GET <target> HTTP/1.1" with a Host and more fields ("Name: value\r\n" each).
std::string get(std::string_view target, std::string_view fields = {});
std::string post(std::string_view target, std::string_view body, std::string_view fields = {});

}  // namespace platform::http::testing
