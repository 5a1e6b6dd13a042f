#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "platform/base/awaitable.hpp"
#include "platform/telemetry/metrics.hpp"

namespace platform::cache {

struct RedisConfig {
    std::string url;                        // redis://[user][:password]@host[:port][/database]
    std::chrono::milliseconds timeout{50};  // For one command, connecting included.
    std::size_t waiting_max = 1'000;        // Commands under way; one more is not sent.
    std::size_t value_bytes_max = 256 * 1024;
    int failures_max = 3;  // In a row, before nobody asks for a while.
    std::chrono::milliseconds pause{1'000};
};

/// A cache in Redis: it makes things faster and nothing depends on it. No call throws for its sake, and none
/// takes longer than the time-out; while it is away nothing is found and nothing is kept. Commands of all
/// callers share one connection, made when needed. Used on the io_context's one thread; destroyed before the
/// io_context.
class Redis {
  public:
    /// Throws std::invalid_argument for a URL that is none of Redis.
    Redis(boost::asio::io_context& io, RedisConfig config, telemetry::Metrics& metrics);
    ~Redis();
    Redis(const Redis&) = delete;
    Redis& operator=(const Redis&) = delete;

    /// Nothing when the key is not there, and when the cache is not.
    awaitable<std::optional<std::string>> get(std::string key);

    /// Values over value_bytes_max are not kept.
    awaitable<void> set(std::string key, std::string value, std::chrono::seconds lifetime);

    /// What could not be forgotten lives until its lifetime ends: that is how wrong a reader may be.
    awaitable<void> forget(std::string key);

    /// Fails what is under way. Repeatable.
    awaitable<void> stop();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace platform::cache
