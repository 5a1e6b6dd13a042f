#include "services/payment-service/app/infrastructure/pg_payment_reads.hpp"

namespace shop::payment {

namespace {

using platform::postgres::Statement;

const Statement<std::optional<PaymentView>(OrderId)> find_payment{"payment.view", R"sql(
select order_id, status, amount, currency, provider_id, decline_code, refund_id,
    void_requested as undo_requested, attempts as unanswered_calls, created_at, updated_at
from payments where order_id = $1)sql"};

const Statement<std::vector<PaymentView>(std::optional<PaymentStatus>, std::optional<OrderId>, std::int64_t)>
    list_payments{"payment.list", R"sql(
select order_id, status, amount, currency, provider_id, decline_code, refund_id,
    void_requested as undo_requested, attempts as unanswered_calls, created_at, updated_at
from payments where ($1::text is null or status = $1) and ($2::uuid is null or order_id < $2)
order by order_id desc limit $3)sql"};

}  // namespace

awaitable<std::optional<PaymentView>> PgPaymentReads::payment(OrderId order) {
    co_return co_await pool_.run(find_payment, order);
}

awaitable<std::vector<PaymentView>> PgPaymentReads::payments(std::optional<PaymentStatus> status,
                                                             std::optional<OrderId> after,
                                                             std::int64_t limit) {
    co_return co_await pool_.run(list_payments, status, after, limit);
}

}  // namespace shop::payment
