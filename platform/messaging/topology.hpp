#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace platform::messaging {

class Connection;

/// All events go through this durable topic exchange; the routing key is the event's type.
inline constexpr std::string_view events_exchange = "shop.events";
/// Refused messages go through this durable direct exchange; the routing key is the queue that refused them.
inline constexpr std::string_view dead_exchange = "shop.dead";

/// A queue and the event types it subscribes to.
struct Binding {
    std::string queue;
    std::vector<std::string> types;
};

/// Where a queue's refused messages are kept.
std::string dead_letter_queue(std::string_view queue);

/// Every type that some queue of `bindings` subscribes to: those a publisher sends as mandatory.
std::set<std::string> subscribed_types(const std::vector<Binding>& bindings);

/// Declares both exchanges, every queue with its dead-letter queue, and all bindings. Safe to repeat, and
/// repeated on every new connection, so that a deleted binding heals. Throws TopologyMismatch for a queue
/// that exists with other arguments, BrokerError for a broker that does not answer.
void declare(Connection& connection, const std::vector<Binding>& bindings);

}  // namespace platform::messaging
