#pragma once

#include "platform/postgres/pool.hpp"
#include "services/payment-service/app/application/views.hpp"

namespace shop::payment {

using platform::awaitable;

class PgPaymentReads final : public PaymentReads {
  public:
    explicit PgPaymentReads(platform::postgres::Pool& pool) : pool_(pool) {}

    awaitable<std::optional<PaymentView>> payment(OrderId order) override;
    awaitable<std::vector<PaymentView>> payments(std::optional<PaymentStatus> status,
                                                 std::optional<OrderId> after, std::int64_t limit) override;

  private:
    platform::postgres::Pool& pool_;
};

}  // namespace shop::payment
