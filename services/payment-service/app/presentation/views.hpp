#pragma once

#include <optional>
#include <string>
#include <vector>

#include "platform/base/time.hpp"
#include "platform/contract/types.hpp"
#include "shared/app/enums/payment_status.hpp"
#include "shared/app/schemas/ids.hpp"

/// What administrators see.
namespace shop::payment {

struct PaymentView {
    OrderId order_id;
    PaymentStatus status{};
    std::int64_t amount = 0;  // Minor units.
    std::string currency;
    std::string provider_id;
    std::string decline_code;
    std::string refund_id;
    bool undo_requested = false;
    std::int64_t unanswered_calls = 0;
    platform::Time created_at;
    platform::Time updated_at;
};
BOOST_DESCRIBE_STRUCT(PaymentView, (),
                      (order_id, status, amount, currency, provider_id, decline_code, refund_id, undo_requested,
                       unanswered_calls, created_at, updated_at))

struct ListPayments {
    std::optional<PaymentStatus> status;
    std::optional<platform::contract::Int<1, 500>> limit;  // 50 when absent.
    std::optional<OrderId> after;
};
BOOST_DESCRIBE_STRUCT(ListPayments, (), (status, limit, after))

}  // namespace shop::payment
