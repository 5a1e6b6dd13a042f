#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "platform/base/awaitable.hpp"
#include "platform/base/time.hpp"
#include "platform/messaging/publisher.hpp"
#include "platform/postgres/pool.hpp"
#include "platform/telemetry/metrics.hpp"

namespace platform::messaging {

struct RelayConfig {
    int batch_max = 500;
    int flights = 2;  // Batches under way at once: one is selected while another waits for its confirms.
    std::chrono::milliseconds poll{250};  // For rows that other replicas left behind; local writers wake it.
    std::chrono::milliseconds confirm{2000};  // Rows stay locked over the confirm, so below the database's
                                              // idle_in_transaction_session_timeout.
    std::chrono::milliseconds backoff_min{100};
    std::chrono::milliseconds backoff_max{5000};
    std::chrono::milliseconds unroutable{1000};  // Before rows that no queue wanted are tried again.
    std::chrono::milliseconds sample{2000};      // Between samples of the backlog.
};

/// Publishes what the outbox holds: takes unsent rows under lock, skips those that another relay has locked,
/// publishes them, and marks the confirmed ones sent in the same transaction. A crash in between only sends
/// copies again. Any number of relays may work on one outbox. Pool, publisher and io_context must outlive it.
class Relay {
  public:
    Relay(boost::asio::io_context& io, postgres::Pool& pool, Publisher& publisher, RelayConfig config,
          telemetry::Metrics& metrics, std::string source);
    ~Relay();
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    void start();

    /// Says that a transaction with outbox rows has committed. Cheap; from any thread.
    void wake();

    /// Lets batches under way finish and returns when they have. Rows that are left wait for the next relay.
    awaitable<void> stop();

  private:
    class Loop;
    std::shared_ptr<Loop> loop_;
};

/// Which retained rows to publish again.
struct RepublishSelection {
    Time from;
    Time to;  // Exclusive.
    std::optional<std::string> subject;
    std::optional<std::string> type;
};

/// The retained outbox rows as they would be published again: under their own ids, oldest first, whether sent
/// before or not. Holds all of them in memory.
awaitable<std::vector<Envelope>> retained_events(postgres::Pool& pool, std::string source,
                                                 RepublishSelection selection);

/// Publishes retained outbox rows again under their own ids, oldest first, whether sent before or not;
/// inboxes suppress what was handled. Returns how many. Throws BrokerError at the first message that is not
/// confirmed.
awaitable<std::size_t> republish(postgres::Pool& pool, Publisher& publisher, std::string source,
                                 RepublishSelection selection);

}  // namespace platform::messaging
