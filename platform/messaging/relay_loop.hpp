#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <vector>

#include "platform/messaging/relay.hpp"
#include "platform/messaging/stored_event.hpp"

namespace platform::messaging {

/// The relay's coroutines and what they share, all on one strand. Kept alive by the coroutines themselves.
class Relay::Loop : public std::enable_shared_from_this<Loop> {
  public:
    Loop(boost::asio::io_context& io, postgres::Pool& pool, Publisher& publisher, RelayConfig config,
         telemetry::Metrics& metrics, std::string source);

    void start();
    void wake();
    void ask_to_stop();
    static awaitable<void> stop(std::shared_ptr<Loop> loop);

  private:
    using Strand = boost::asio::strand<boost::asio::io_context::executor_type>;
    using Moment = std::chrono::steady_clock::time_point;

    /// Wakes one coroutine; a ring while it is busy is remembered.
    struct Bell {
        explicit Bell(const Strand& strand) : timer(strand) {}
        void ring() { rung = true, timer.cancel(); }
        boost::asio::steady_timer timer;
        bool rung = false;
    };

    static awaitable<void> fly(std::shared_ptr<Loop> self, std::size_t number);
    static awaitable<void> sample(std::shared_ptr<Loop> self);
    awaitable<bool> carry_batch();
    awaitable<void> publish_and_mark(postgres::Transaction& tx, std::vector<UnsentEvent> rows);
    awaitable<void> rest(std::size_t number, std::chrono::milliseconds at_most, bool wakeable);
    void spawn(awaitable<void> coroutine);
    void ring_all();
    Time select_from() const;
    void skip_returned(Time created_at);

    const Strand strand_;
    boost::asio::steady_timer ended_;  // Cancelled when the last coroutine has ended.
    postgres::Pool& pool_;
    Publisher& publisher_;
    const RelayConfig config_;
    const std::string source_;
    telemetry::Gauge& unsent_;
    telemetry::Gauge& oldest_seconds_;
    telemetry::Histogram& batch_size_;
    telemetry::Counter& failures_;
    telemetry::Counter& sample_failures_;

    std::vector<std::unique_ptr<Bell>> bells_;  // One per flight, then the sampler's.
    bool stopping_ = false;
    int running_ = 0;
    Time skip_to_{};
    Moment skip_until_{};
};

}  // namespace platform::messaging
