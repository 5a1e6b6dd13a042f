#pragma once

#include <cstdint>

#include "platform/postgres/pool.hpp"
#include "platform/telemetry/metrics.hpp"
#include "services/order-service/app/application/ports.hpp"

namespace shop::order {

struct AdmissionConfig {
    // The shop must be able to finish what it accepts before the first deadline: below measured orders/s x 10
    // s / 2.
    std::int64_t pending_max = 5'000;
    // With the broker gone nothing is undone. Without this second limit the shop would accept, time out and
    // accept again without end.
    std::int64_t cancelling_max = 10'000;
};

/// Admits orders while few enough are open: the number in the database, sampled by sample(), plus what this
/// replica has accepted since.
class PendingLimit final : public Admission {
  public:
    PendingLimit(platform::postgres::Pool& pool, AdmissionConfig config,
                 platform::telemetry::Metrics& metrics);

    bool admit() override;
    awaitable<void> sample();

  private:
    platform::postgres::Pool& pool_;
    AdmissionConfig config_;
    std::int64_t pending_ = 0;
    std::int64_t cancelling_ = 0;
    std::int64_t accepted_since_ = 0;
    platform::telemetry::Gauge& pending_gauge_;
    platform::telemetry::Gauge& cancelling_gauge_;
    platform::telemetry::Counter& refused_;
};

}  // namespace shop::order
