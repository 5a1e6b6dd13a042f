#pragma once

#include <boost/describe/class.hpp>
#include <optional>

#include "platform/base/uuid.hpp"
#include "platform/contract/types.hpp"
#include "shared/app/schemas/ids.hpp"

/// What administrators send; what they see is in application/views.hpp.
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
