#include "platform/testing/tcp_gate.hpp"

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <thread>

namespace platform::testing {
namespace {

using boost::asio::ip::tcp;

/// Answers every byte with the same byte, one connection after the other.
class Echo {
  public:
    Echo() : thread_([this] { serve(); }) {}
    ~Echo() {
        stopping_ = true;
        boost::asio::io_context io;
        tcp::socket last(io);
        last.connect(acceptor_.local_endpoint());
    }
    unsigned short port() const { return acceptor_.local_endpoint().port(); }

  private:
    void serve() {
        while (!stopping_) {
            auto socket = acceptor_.accept();
            std::array<char, 1> byte;
            boost::system::error_code error;
            while (!stopping_ && boost::asio::read(socket, boost::asio::buffer(byte), error))
                boost::asio::write(socket, boost::asio::buffer(byte), error);
        }
    }

    boost::asio::io_context io_;
    tcp::acceptor acceptor_{io_, {boost::asio::ip::address_v4::loopback(), 0}};
    std::atomic<bool> stopping_ = false;
    std::jthread thread_;
};

class TcpGateTest : public ::testing::Test {
  protected:
    void connect() {
        client = tcp::socket(io);
        client.connect({boost::asio::ip::address_v4::loopback(), gate.port()}, error);
    }
    void say(const std::string& text) { boost::asio::write(client, boost::asio::buffer(text)); }
    std::string hear(std::size_t size) {
        std::string text(size, ' ');
        text.resize(boost::asio::read(client, boost::asio::buffer(text), error));
        return text;
    }

    Echo echo;
    TcpGate gate{"127.0.0.1", echo.port()};
    boost::asio::io_context io;
    tcp::socket client{io};
    boost::system::error_code error;
};

TEST_F(TcpGateTest, passes_both_ways_and_counts_turns) {
    connect();
    say("abc");
    EXPECT_EQ(hear(3), "abc");
    say("d");
    EXPECT_EQ(hear(1), "d");
    EXPECT_EQ(gate.bytes_to_server(), 4u);
    EXPECT_EQ(gate.bytes_to_client(), 4u);
    EXPECT_GE(gate.turns(), 2u);
    EXPECT_EQ(gate.accepted(), 1u);
}

TEST_F(TcpGateTest, cut_ends_the_connections_of_now) {
    connect();
    say("a");
    hear(1);
    gate.cut();
    hear(1);
    EXPECT_TRUE(error);
    connect();
    say("b");
    EXPECT_EQ(hear(1), "b");
}

TEST_F(TcpGateTest, closed_refuses_until_opened_again) {
    gate.close();
    connect();
    EXPECT_EQ(error, boost::asio::error::connection_refused);
    gate.open();
    connect();
    EXPECT_FALSE(error);
}

TEST_F(TcpGateTest, held_replies_come_when_released) {
    connect();
    gate.hold_replies();
    say("a");
    client.non_blocking(true);
    std::array<char, 1> byte;
    client.read_some(boost::asio::buffer(byte), error);
    EXPECT_EQ(error, boost::asio::error::would_block);
    client.non_blocking(false);
    gate.release_replies();
    EXPECT_EQ(hear(1), "a");
}

}  // namespace
}  // namespace platform::testing
