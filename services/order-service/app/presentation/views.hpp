#pragma once

#include <boost/describe/class.hpp>
#include <optional>

#include "platform/contract/types.hpp"
#include "shared/app/schemas/ids.hpp"

/// What clients send; what they see is in application/views.hpp.
namespace shop::order {

struct Line {
    Sku sku;
    platform::contract::Int<1, 99> quantity;
};
BOOST_DESCRIBE_STRUCT(Line, (), (sku, quantity))

/// Never a price: the catalogue names it.
struct PlaceOrder {
    platform::contract::List<Line, 1, 50> lines;
    platform::contract::Prose<1, 500> shipping_address;
    platform::contract::Token<1, 100> payment_method;  // The payment provider's token.
};
BOOST_DESCRIBE_STRUCT(PlaceOrder, (), (lines, shipping_address, payment_method))

struct ListOrders {
    std::optional<platform::contract::Int<1, 100>> limit;  // 20 when absent.
    std::optional<OrderId> after;
};
BOOST_DESCRIBE_STRUCT(ListOrders, (), (limit, after))

}  // namespace shop::order
