#pragma once

#include <functional>

#include "platform/messaging/inbox.hpp"
#include "platform/postgres/pool.hpp"
#include "services/payment-service/app/application/ports.hpp"

namespace shop::payment {

/// What has happened in a committed transaction, so that nobody need wait for their next look.
struct Committed {
    std::function<void()> events;  // There is something to publish.
    std::function<void()> work;    // A payment waits for a worker.
};

/// Payments on PostgreSQL.
class PgPayments final : public PaymentStore {
  public:
    PgPayments(platform::postgres::Pool& pool, platform::messaging::Inbox& inbox, Committed committed);

    awaitable<std::unique_ptr<PaymentTransaction>> begin() override;

  private:
    platform::postgres::Pool& pool_;
    platform::messaging::Inbox& inbox_;
    Committed committed_;
};

}  // namespace shop::payment
