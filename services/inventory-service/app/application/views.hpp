#pragma once

#include <boost/describe/class.hpp>
#include <optional>
#include <string>
#include <vector>

#include "platform/base/awaitable.hpp"
#include "platform/base/time.hpp"
#include "shared/app/schemas/ids.hpp"

/// What administrators see of the stock, and where it is read from: row to view.
namespace shop::inventory {

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

struct StockReads {
    virtual ~StockReads() = default;
    virtual platform::awaitable<std::optional<StockView>> stock(Sku sku) = 0;

    /// By SKU, at most `limit`, behind `after`.
    virtual platform::awaitable<std::vector<StockView>> list(std::optional<Sku> after,
                                                             std::int64_t limit) = 0;

    /// Newest first, at most `limit`, older than `after`.
    virtual platform::awaitable<std::vector<MovementView>> movements(Sku sku,
                                                                     std::optional<platform::Uuid> after,
                                                                     std::int64_t limit) = 0;
};

}  // namespace shop::inventory
