#pragma once

#include <boost/describe/class.hpp>
#include <optional>

#include "platform/contract/types.hpp"
#include "shared/app/enums/payment_status.hpp"
#include "shared/app/schemas/ids.hpp"

/// What administrators ask for; what they see is in application/views.hpp.
namespace shop::payment {

struct ListPayments {
    std::optional<PaymentStatus> status;
    std::optional<platform::contract::Int<1, 500>> limit;  // 50 when absent.
    std::optional<OrderId> after;
};
BOOST_DESCRIBE_STRUCT(ListPayments, (), (status, limit, after))

}  // namespace shop::payment
