#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>

#include "platform/postgres/batcher.hpp"
#include "platform/telemetry/metrics.hpp"
#include "services/payment-service/app/application/ports.hpp"

namespace shop::payment {

struct WorkersConfig {
    std::size_t payments_max = 64;  // Driven at once by this replica.
    std::chrono::milliseconds poll{
        200};  // For payments that other replicas left behind; the local consumer wakes us.
    std::chrono::milliseconds drain{2'000};  // At the end, for payments under way; less than a process has.
};

/// Commits the reports of all workers of this replica in groups.
class GroupRecorder final : public Recorder {
  public:
    GroupRecorder(boost::asio::io_context& io, Ports ports, platform::postgres::BatcherConfig batches);

    awaitable<std::optional<Payment>> record(Report report) override;
    /// On the io_context, which alone may touch what waits.
    awaitable<void> stop();

  private:
    platform::postgres::Batcher<Report, std::optional<Payment>> reports_;
};

/// Claims payments that are due and drives them, a bounded number at once. One that fails is left to its
/// lease: when that has run out, whoever comes next goes on with it.
class Workers final : public Workforce {
  public:
    Workers(boost::asio::io_context& io, Ports ports, WorkersConfig config,
            platform::telemetry::Metrics& metrics);

    std::unique_ptr<Places> reserve(std::size_t wanted) override;

    /// A payment waits. Cheap; from the io_context's thread.
    void wake();

    /// Claims until nothing is due or all places are taken; called on wake() and regularly. Throws what the
    /// store throws.
    awaitable<void> look();

    /// Claims nothing more and returns when the payments under way have come to rest, or after `drain`: then
    /// what a provider that does not answer still holds is left to its lease.
    awaitable<void> stop();

    std::chrono::milliseconds poll() const;

  private:
    struct Core;
    class Reserved;
    static awaitable<void> claim_some(std::shared_ptr<Core> core);
    static awaitable<void> claim_quietly(std::shared_ptr<Core> core);
    static awaitable<void> drive_one(std::shared_ptr<Core> core, Payment payment);

    std::shared_ptr<Core> core_;
};

}  // namespace shop::payment
