#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "platform/base/uuid.hpp"
#include "tools/load/order_book.hpp"
#include "tools/load/response_reader.hpp"
#include "tools/load/statistics.hpp"

namespace shop::load {

using LoadClock = std::chrono::steady_clock;

/// What all clients of a round have seen.
struct Tally {
    Durations accepted_after;            // How long the POSTs of accepted orders took.
    std::vector<platform::Uuid> ids;     // Of accepted orders.
    std::map<int, std::int64_t> errors;  // Answers that were not 2xx, by status.
    std::int64_t waited = 0;             // How often a client did as Retry-After said.
    std::int64_t broken = 0;    // Connections that failed or took too long; the order was sent again.
    std::int64_t given_up = 0;  // Orders that were refused for good, or too often.
    LoadClock::time_point last_accepted;
};

struct LoadClientConfig {
    boost::asio::ip::tcp::endpoint peer;
    std::string host;   // For the Host field.
    std::string token;  // Of the customer who orders.
    std::chrono::seconds answer_time{30};
    std::chrono::milliseconds reconnect_after{100};
    int attempts_max = 100;  // Of one order.
};

/// One customer at a till: sends an order, waits for the answer, sends the next, on one connection, until the
/// book is empty. An order whose fate is unknown is sent again under its key. Plain callbacks and buffers
/// that are used again, because whatever the generator burns is missing from the shop on the same machine.
class LoadClient {
  public:
    /// `book`, `tally` and the object itself must live until `finished` has been called.
    LoadClient(boost::asio::io_context& io, LoadClientConfig config, OrderBook& book, Tally& tally,
               std::function<void()> finished);

    void start();

    /// Breaks the connection when it has kept an answer for too long. To be called about once a second.
    void expire(LoadClock::time_point now);

  private:
    using Executor = boost::asio::io_context::executor_type;
    using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
    using Timer = boost::asio::basic_waitable_timer<LoadClock, boost::asio::wait_traits<LoadClock>, Executor>;

    void next_order();
    void try_again(std::chrono::milliseconds after);
    void attempt();
    void connect();
    void send();
    void receive();
    void on_bytes(std::size_t bytes);
    void on_answer(const Answer& answer);
    void on_broken();

    LoadClientConfig config_;
    OrderBook& book_;
    Tally& tally_;
    std::function<void()> finished_;
    Socket socket_;
    Timer timer_;
    ResponseReader reader_;
    OrderBook::Order order_;
    std::string head_;
    std::string request_;
    int attempts_ = 0;
    bool connected_ = false;
    bool waiting_ = false;  // For a connection or an answer.
    LoadClock::time_point asked_at_;
};

}  // namespace shop::load
