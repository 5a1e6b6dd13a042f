#pragma once

#include <boost/describe/class.hpp>
#include <optional>
#include <string>
#include <vector>

#include "platform/base/awaitable.hpp"
#include "platform/base/time.hpp"
#include "shared/app/enums/payment_status.hpp"
#include "shared/app/schemas/ids.hpp"

/// What administrators see of payments, and where it is read from: row to view.
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
                      (order_id, status, amount, currency, provider_id, decline_code, refund_id,
                       undo_requested, unanswered_calls, created_at, updated_at))

struct PaymentReads {
    virtual ~PaymentReads() = default;
    virtual platform::awaitable<std::optional<PaymentView>> payment(OrderId order) = 0;

    /// Newest order first, at most `limit`, older than `after`; of one status or of all.
    virtual platform::awaitable<std::vector<PaymentView>> payments(std::optional<PaymentStatus> status,
                                                                   std::optional<OrderId> after,
                                                                   std::int64_t limit) = 0;
};

}  // namespace shop::payment
