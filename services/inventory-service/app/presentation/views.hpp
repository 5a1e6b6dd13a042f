#pragma once

#include <optional>
#include <string>

#include "platform/base/time.hpp"
#include "platform/contract/types.hpp"
#include "shared/app/schemas/ids.hpp"

/// What administrators send and see.
namespace shop::inventory {

inline constexpr std::int64_t on_hand_max = 1'000'000'000;

struct SetStock {
    platform::contract::Int<0, on_hand_max> on_hand;
    platform::contract::Text<1, 200> reason;
};
BOOST_DESCRIBE_STRUCT(SetStock, (), (on_hand, reason))

struct AdjustStock {
    platform::contract::Int<-on_hand_max, on_hand_max> delta;
    platform::contract::Text<1, 200> reason;
};
BOOST_DESCRIBE_STRUCT(AdjustStock, (), (delta, reason))

struct StockView {
    Sku sku;
    std::int64_t on_hand = 0;
    std::int64_t reserved = 0;
    std::int64_t available = 0;
};
BOOST_DESCRIBE_STRUCT(StockView, (), (sku, on_hand, reserved, available))

struct MovementView {
    platform::Uuid id;
    std::int64_t delta = 0;
    std::string reason;
    std::optional<OrderId> order_id;
    platform::Time at;
};
BOOST_DESCRIBE_STRUCT(MovementView, (), (id, delta, reason, order_id, at))

struct ListStock {
    std::optional<platform::contract::Int<1, 500>> limit;  // 50 when absent.
    std::optional<Sku> after;
};
BOOST_DESCRIBE_STRUCT(ListStock, (), (limit, after))

struct ListMovements {
    std::optional<platform::contract::Int<1, 500>> limit;  // 50 when absent.
    std::optional<platform::Uuid> after;
};
BOOST_DESCRIBE_STRUCT(ListMovements, (), (limit, after))

}  // namespace shop::inventory
