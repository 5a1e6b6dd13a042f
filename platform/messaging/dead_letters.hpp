#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "platform/messaging/broker.hpp"
#include "platform/messaging/envelope.hpp"

namespace platform::messaging {

/// One refused message as it lies in a dead-letter queue. What a broken sender left out is empty.
struct DeadLetter {
    std::string id;
    std::string type;
    std::string subject;
    std::string time;
    std::string reason;  // As the broker says: rejected, delivery_limit, expired.
    std::string data;
};

/// Looks into dead-letter queues and puts their messages back. Blocking, for an operator's tool. Every call
/// throws BrokerError when the broker is gone and std::invalid_argument for a queue that does not exist.
class DeadLetters {
  public:
    explicit DeadLetters(BrokerConfig broker);

    /// How many messages the dead-letter queue of `queue` holds; messages that another tool is looking at are
    /// not counted.
    std::uint32_t count(const std::string& queue);

    /// The oldest `limit` letters; they stay where they are.
    std::vector<DeadLetter> list(const std::string& queue, std::size_t limit);

    std::optional<DeadLetter> find(const std::string& queue, const std::string& id);

    /// Publishes letters to their queue again, all or those with `id`, unchanged, and removes each once the
    /// broker has confirmed the copy. Stops after the letters that were there at the start. Returns how many.
    std::size_t requeue(const std::string& queue, const std::optional<std::string>& id);

  private:
    BrokerConfig broker_;
};

}  // namespace platform::messaging
