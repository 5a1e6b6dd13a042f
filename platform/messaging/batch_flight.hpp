#pragma once

#include <atomic>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <vector>

#include "platform/messaging/connection.hpp"
#include "platform/messaging/consumer.hpp"
#include "platform/messaging/consumer_probe.hpp"

namespace platform::messaging {

/// One batch under way on the io_context, watched by the consumer's thread. Everything it needs is shared, so
/// it may outlive a consumer that was destroyed without waiting.
class BatchFlight : public DeliveryPorts, public std::enable_shared_from_this<BatchFlight> {
  public:
    struct Shared {
        Shared(boost::asio::io_context& context, ConsumerConfig limits, ConsumerHandlers functions,
               telemetry::Metrics& metrics)
            : io(context),
              config(limits),
              handlers(std::move(functions)),
              probe(metrics, handlers.binding.queue) {}

        boost::asio::io_context& io;
        const ConsumerConfig config;
        const ConsumerHandlers handlers;
        ConsumerProbe probe;
        Bell bell;  // Rung when a flight has landed.
    };

    explicit BatchFlight(std::shared_ptr<Shared> shared);

    // What the consumer's thread may call.
    void start(std::unique_ptr<DecodedBatch> batch);
    bool landed() const { return landed_; }
    /// Once landed: the verdicts, or nothing if the handler was cancelled or threw what nobody may throw.
    const std::optional<std::vector<Verdict>>& verdicts() const { return verdicts_; }
    /// No more retries: the broker is gone or the time to drain is over.
    void give_up();
    /// Cancels a handler call that is past its deadline; past a second one it ends the process.
    void watch(std::chrono::steady_clock::time_point now);

    // What the delivery rules call, on the strand.
    awaitable<int> begin_attempt(Uuid id) override;
    awaitable<void> forgive_attempt(Uuid id) override;
    awaitable<bool> pause(std::chrono::milliseconds delay) override;
    void call_began() override;
    void call_ended() override;
    void retried(std::string_view why) override;
    void split(std::size_t messages, std::string_view why) override;
    void rejected(Uuid id, std::string_view reason, std::string_view why) override;

  private:
    using Ticks = std::chrono::steady_clock::rep;

    void land(std::exception_ptr failure, std::vector<Verdict> verdicts);

    const std::shared_ptr<Shared> shared_;
    boost::asio::strand<boost::asio::io_context::executor_type> strand_;
    boost::asio::cancellation_signal cancel_;
    boost::asio::steady_timer pause_;
    bool given_up_ = false;              // On the strand.
    bool cancel_posted_ = false;         // On the consumer's thread.
    std::atomic<Ticks> call_began_ = 0;  // 0 while no call is under way.
    std::atomic<bool> landed_ = false;   // Publishes verdicts_.
    std::optional<std::vector<Verdict>> verdicts_;
};

}  // namespace platform::messaging
