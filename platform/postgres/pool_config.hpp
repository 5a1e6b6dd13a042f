#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace platform::postgres {

/// Every limit of a pool and of its connections.
struct PoolConfig {
    std::string
        url;  ///< postgresql://user:password@host:port/database; TLS and more as libpq understands it.
    std::string application_name = "shop";
    std::string name;  ///< Tells the pools of one process apart in its metrics.
    std::size_t connections_max = 16;
    std::size_t waiters_max = 1024;  ///< Callers that may wait for a connection; one more is refused at once.
    std::chrono::milliseconds acquire_ms{1000};  ///< How long a caller waits for a connection.
    std::chrono::milliseconds connect_ms{2000};
    std::chrono::milliseconds statement_ms{5000};  ///< For statements that name no timeout of their own.
    std::chrono::milliseconds lock_ms{2000};
    std::chrono::milliseconds idle_in_transaction_ms{3000};
    /// What an answer may take beyond the longest timeout in its flight before the connection is given up.
    std::chrono::milliseconds grace_ms{1000};
    /// How long data may stay unacknowledged by the peer's machine.
    std::chrono::milliseconds tcp_user_ms{5000};
    std::chrono::milliseconds backoff_min_ms{
        100};  ///< First pause after a failed connect; doubles, with jitter.
    std::chrono::milliseconds backoff_max_ms{5000};
};

}  // namespace platform::postgres
