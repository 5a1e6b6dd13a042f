#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "platform/messaging/broker.hpp"

struct amqp_connection_state_t_;

namespace platform::messaging {

/// A message as AMQP carries it. Of the headers only texts are kept.
struct Content {
    std::string message_id;
    std::string type;
    std::string content_type;
    std::uint64_t timestamp = 0;  // Seconds since 1970; 0 for none.
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;

    /// The header's value, empty if it is missing.
    std::string_view header(std::string_view name) const;
};

/// Something that the broker sent on its own account.
struct Incoming {
    enum class Kind : std::uint8_t {
        delivery,
        returned,   // A mandatory message that no queue took; its confirm still follows.
        confirmed,  // basic.ack
        refused,    // basic.nack
    };
    Kind kind{};
    std::uint64_t tag = 0;
    bool multiple = false;
    bool redelivered = false;
    Content content;
};

/// One AMQP connection with one channel, blocking, for one thread. Whatever goes wrong on it throws
/// BrokerError and leaves it unusable. Heartbeats are served inside receive(), so somebody must call that at
/// least every half heartbeat.
class Connection {
  public:
    using Arguments = std::vector<std::pair<std::string_view, std::variant<std::int32_t, std::string_view>>>;

    /// Connects, logs in and opens the channel. `purpose` is appended to the name that the broker shows.
    Connection(const BrokerConfig& config, std::string_view purpose);
    ~Connection();  // Drops the connection without a word; see close().
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Says goodbye, so that the broker need not log a loss. Waits a second at most; never throws.
    void close() noexcept;

    int descriptor() const;
    /// True if a message of usual size can be sent without waiting.
    bool writable() const;
    /// True while the broker has said that it takes nothing (memory or disk alarm).
    bool blocked() const { return blocked_; }

    /// The next thing that has arrived; never waits for one.
    std::optional<Incoming> receive();

    void declare_exchange(std::string_view name, std::string_view type);
    void declare_queue(std::string_view name, const Arguments& arguments);
    void bind(std::string_view queue, std::string_view exchange, std::string_view routing_key);
    /// Messages ready in a queue; throws std::invalid_argument if there is no such queue.
    std::uint32_t message_count(std::string_view queue);

    void select_confirms();
    /// Always persistent.
    void publish(std::string_view exchange, std::string_view routing_key, bool mandatory,
                 const Content& content);

    /// While one lives, what is published is gathered into large segments. Otherwise each message is several
    /// small ones, and the broker wakes up for each of them.
    class Burst {
      public:
        explicit Burst(Connection& connection);
        ~Burst();
        Burst(const Burst&) = delete;
        Burst& operator=(const Burst&) = delete;

      private:
        const int descriptor_;
    };

    void consume(std::string_view queue, std::uint16_t prefetch);
    void cancel_consumer();
    /// Takes one message out of a queue if there is one; it must be acknowledged like a delivery. Not on
    /// a connection with confirms or a consumer: what they bring would stand before the message.
    std::optional<Incoming> get(std::string_view queue);
    void acknowledge(std::uint64_t tag, bool multiple);
    /// To the dead-letter exchange.
    void reject(std::uint64_t tag);

  private:
    struct Destroy {
        void operator()(amqp_connection_state_t_* state) const;
    };

    Content read_content();
    bool blocked_ = false;
    std::unique_ptr<amqp_connection_state_t_, Destroy> state_;
};

/// Rings a thread that waits in wait_for(); from any thread.
class Bell {
  public:
    Bell();
    ~Bell();
    Bell(const Bell&) = delete;
    Bell& operator=(const Bell&) = delete;
    void ring() const;
    int descriptor() const { return descriptor_; }
    /// Forgets rings so far.
    void quiet() const;

  private:
    int descriptor_;
};

/// Waits until the bell rings, something arrives on `connection` (may be null), it can be written to (if
/// `for_writing`), or `limit` has passed. The bell is quiet afterwards.
void wait_for(const Bell& bell, const Connection* connection, bool for_writing,
              std::chrono::milliseconds limit);

}  // namespace platform::messaging
