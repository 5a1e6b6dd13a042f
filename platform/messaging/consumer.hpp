#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "platform/base/awaitable.hpp"
#include "platform/messaging/broker.hpp"
#include "platform/messaging/delivery.hpp"
#include "platform/messaging/envelope.hpp"
#include "platform/messaging/topology.hpp"
#include "platform/telemetry/metrics.hpp"

namespace platform::messaging {

struct ConsumerConfig {
    std::size_t batch_max = 200;
    std::size_t prefetch = 400;           // Twice the batch: the next one arrives while this one is handled.
    std::chrono::milliseconds linger{0};  // How long a batch that is not full waits for more.
    /// One handler call; then it is cancelled, and after as long again the process ends, because a frame that
    /// cannot be ended would hold its rows for ever.
    std::chrono::milliseconds handle{10'000};
    std::chrono::milliseconds drain{3000};  // How long stop() goes on handling what was fetched.
    DeliveryPolicy policy;
};

/// Why a message cannot even be handed to a handler.
struct Undecodable {
    std::string reason;  // "unknown_type" or "malformed": a metric label.
    std::string detail;
};

/// The deliveries of one batch, decoded. Filled by the consumer's thread, then delivered on the io_context.
class DecodedBatch {
  public:
    virtual ~DecodedBatch() = default;
    virtual std::expected<void, Undecodable> add(const Envelope& envelope, bool redelivered) = 0;
    virtual awaitable<std::vector<Verdict>> deliver(std::shared_ptr<DeliveryPorts> ports,
                                                    DeliveryPolicy policy) = 0;
};

/// What a queue carries and who handles it. `Subscription<Event>` makes one.
struct ConsumerHandlers {
    Binding binding;
    std::function<std::unique_ptr<DecodedBatch>()> new_batch;
    std::function<awaitable<int>(Uuid)> begin_attempt;
    std::function<awaitable<void>(Uuid)> forgive_attempt;
};

/// Consumes one queue in batches, over one connection and one thread of its own; handlers run on the
/// io_context. Only after a handler has returned is anything acknowledged. It declares its queue, reconnects
/// by itself, and keeps serving its connection while a handler works or a retry waits. Must be destroyed
/// before the io_context.
class Consumer {
  public:
    Consumer(boost::asio::io_context& io, BrokerConfig broker, ConsumerConfig config,
             ConsumerHandlers handlers, telemetry::Metrics& metrics);
    /// Ends the thread without waiting for a handler that is still under way; its batch comes again.
    ~Consumer();
    Consumer(const Consumer&) = delete;
    Consumer& operator=(const Consumer&) = delete;

    void start();

    /// Takes nothing new from the broker, handles what was fetched for at most `drain`, acknowledges, closes.
    /// Returns when the thread has ended. Repeatable.
    awaitable<void> stop();

    bool connected() const;

  private:
    class Worker;
    std::unique_ptr<Worker> worker_;
};

}  // namespace platform::messaging
