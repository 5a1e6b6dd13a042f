#pragma once

#include <boost/describe/class.hpp>

#include "platform/service/config.hpp"

namespace shop::order {

struct Config : platform::service::ServiceConfig {
    Config() { http_port = 8003; }

    platform::config::Required<platform::config::Url>
        product_url;  // Prices of SKUs that the copy does not have.

    // The saga: architecture decisions, shortened only to provoke what they are for.
    platform::config::Milliseconds<1, 600'000> reserve_stock_ms = std::chrono::seconds{10};
    platform::config::Milliseconds<1, 600'000> take_payment_ms = std::chrono::seconds{20};
    platform::config::Milliseconds<1, 600'000> undo_again_ms = std::chrono::seconds{5};
    platform::config::Milliseconds<1, 3'600'000> undo_again_max_ms = std::chrono::seconds{60};
    platform::config::Milliseconds<1, 60'000> sweep_ms = std::chrono::milliseconds{250};

    // Admission; see AdmissionConfig.
    platform::config::Limit<1, 1'000'000> pending_max = 5'000;
    platform::config::Limit<1, 1'000'000> cancelling_max = 10'000;

    /// How long a key of a buyer names the order it made; after that the same key makes another one.
    platform::config::Limit<1, 8'760> idempotency_retention_h = 24;

    platform::config::Limit<1, 1'000> batch_max = 200;
    platform::config::Limit<1, 100'000> waiting_max = 5'000;  // Requests that wait for an outcome.

    /// Throws ConfigError for undos whose pauses would shrink.
    void check() const;
};
BOOST_DESCRIBE_STRUCT(Config, (platform::service::ServiceConfig),
                      (product_url, reserve_stock_ms, take_payment_ms, undo_again_ms, undo_again_max_ms,
                       sweep_ms, pending_max, cancelling_max, idempotency_retention_h, batch_max,
                       waiting_max))

}  // namespace shop::order
