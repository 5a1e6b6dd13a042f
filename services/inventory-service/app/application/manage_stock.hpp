#pragma once

#include "platform/http/refused.hpp"
#include "services/inventory-service/app/application/ports.hpp"

namespace shop::inventory {

template <class T>
using Result = std::expected<T, platform::http::Refused<Refusal>>;

struct StockLevel {
    Sku sku;
    Stock stock;
};

/// The shelf was counted: `on_hand` becomes what was found, and the ledger gets the difference. A SKU that is
/// new to the inventory is created. A repetition under the same key changes nothing, whatever was sold since,
/// and gets the stock as it is now.
awaitable<Result<StockLevel>> set_stock(Ports ports, StockRequest request, std::int64_t on_hand,
                                        std::string reason);

/// Units come in or go out. Refused when what is promised to orders would not be there any more. Repeated
/// under the same key: as above.
awaitable<Result<StockLevel>> adjust_stock(Ports ports, StockRequest request, std::int64_t delta,
                                           std::string reason);

}  // namespace shop::inventory
