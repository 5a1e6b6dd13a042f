#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/awaitable.hpp"
#include "platform/messaging/broker.hpp"
#include "platform/messaging/envelope.hpp"
#include "platform/messaging/topology.hpp"
#include "platform/telemetry/metrics.hpp"

namespace platform::messaging {

/// What became of one published message. Only `confirmed` means that the broker has it; after `timed_out` and
/// `disconnected` it may have it, so the message must be sent again under the same id.
enum class PublishOutcome : std::uint8_t {
    confirmed,
    returned,  // Mandatory, and no queue is bound for its type.
    refused,   // The broker said no (basic.nack).
    timed_out,
    disconnected,
    overloaded,  // Our own queue is full; never sent.
    stopped,
};

std::string_view name_of(PublishOutcome outcome);

struct PublisherConfig {
    std::size_t queue_max = 20'000;  // Messages accepted and not yet sent.
    std::size_t window_max = 2'000;  // Messages sent and not yet confirmed.
};

/// Publishes persistent messages with broker confirms over one connection and one thread of its own, and
/// declares the given queues on every connect. It reconnects by itself; what was unconfirmed then is
/// reported, never silently repeated. Must be destroyed before the io_context.
class Publisher {
  public:
    Publisher(boost::asio::io_context& io, BrokerConfig broker, std::vector<Binding> declared,
              std::set<std::string> mandatory_types, telemetry::Metrics& metrics,
              PublisherConfig config = {});
    ~Publisher();
    Publisher(const Publisher&) = delete;
    Publisher& operator=(const Publisher&) = delete;

    /// One outcome per message, in order, at the latest after `timeout`; never throws for the broker's sake.
    /// A message that is not confirmed in time closes the connection, since a broker that has stopped
    /// confirming (a memory or disk alarm, a half-open connection) seldom begins again. Completes on the
    /// caller's executor.
    awaitable<std::vector<PublishOutcome>> publish(std::vector<Envelope> messages,
                                                   std::chrono::milliseconds timeout);

    /// Fails what is outstanding with `stopped` and ends the thread. Blocks for at most the connect time-out,
    /// and only if the broker does not answer. Repeatable.
    void stop_and_wait();

    bool connected() const;

  private:
    class Worker;
    boost::asio::io_context& io_;
    std::unique_ptr<Worker> worker_;
};

}  // namespace platform::messaging
