#include "platform/messaging/topology.hpp"

#include "platform/messaging/connection.hpp"

namespace platform::messaging {

namespace {

/// At-least-once dead-lettering needs a queue that refuses rather than drops when it is full.
Connection::Arguments queue_arguments(std::string_view queue) {
    return {{"x-queue-type", "quorum"},
            {"x-delivery-limit", 100},
            {"x-dead-letter-exchange", dead_exchange},
            {"x-dead-letter-routing-key", queue},
            {"x-dead-letter-strategy", "at-least-once"},
            {"x-overflow", "reject-publish"}};
}

/// Looking at a dead letter counts as a delivery, and past the limit (20 by default in newer brokers) the
/// queue would drop it for having been looked at.
Connection::Arguments dead_letter_arguments() {
    return {{"x-queue-type", "quorum"}, {"x-delivery-limit", 1'000'000}, {"x-overflow", "reject-publish"}};
}

}  // namespace

std::string dead_letter_queue(std::string_view queue) { return std::string(queue) + ".dead"; }

std::set<std::string> subscribed_types(const std::vector<Binding>& bindings) {
    std::set<std::string> types;
    for (const Binding& binding : bindings) types.insert(binding.types.begin(), binding.types.end());
    return types;
}

void declare(Connection& connection, const std::vector<Binding>& bindings) {
    connection.declare_exchange(events_exchange, "topic");
    connection.declare_exchange(dead_exchange, "direct");
    for (const auto& [queue, types] : bindings) {
        // The way out for poison stands before the first message can come in.
        connection.declare_queue(dead_letter_queue(queue), dead_letter_arguments());
        connection.bind(dead_letter_queue(queue), dead_exchange, queue);
        connection.declare_queue(queue, queue_arguments(queue));
        for (const std::string& type : types) connection.bind(queue, events_exchange, type);
    }
}

}  // namespace platform::messaging
