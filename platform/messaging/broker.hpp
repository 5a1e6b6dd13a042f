#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "platform/base/errors.hpp"

namespace platform::messaging {

/// How to reach RabbitMQ, and how long to be patient with it.
struct BrokerConfig {
    std::string url;            // amqp://user:password@host:port/vhost
    std::string name = "shop";  // Shown by the broker beside the connection.
    std::chrono::milliseconds connect{2000};
    std::chrono::milliseconds reply{3000};  // For an answer to a declaration, and for the log-in.
    std::chrono::seconds heartbeat{10};     // A silent connection is given up after twice this.
    std::chrono::milliseconds backoff_min{100};
    std::chrono::milliseconds backoff_max{5000};
};

/// The parts of a broker URL, percent-decoded. No path, or "/" alone, means the virtual host "/".
struct BrokerUrl {
    std::string user = "guest";
    std::string password = "guest";
    std::string host;
    std::uint16_t port = 5672;
    std::string vhost = "/";

    /// Throws std::invalid_argument saying which part is wrong; the text never repeats the password.
    static BrokerUrl parse(std::string_view text);
};

/// The broker is gone, does not answer or refuses us. A new connection may help.
class BrokerError : public Unavailable {
  public:
    using Unavailable::Unavailable;
};

/// A queue or an exchange exists with other properties than ours. Arguments are final once declared, so only
/// an operator can put this right; what() names the queue and the argument.
class TopologyMismatch : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Back-off with jitter: somewhere between half of the doubled delay and the whole of it, never above `max`,
/// so that replicas which lost the broker together do not come back together. `attempt` counts from 0.
std::chrono::milliseconds backoff_delay(int attempt, std::chrono::milliseconds min,
                                        std::chrono::milliseconds max);

}  // namespace platform::messaging
