#pragma once

#include "platform/base/uuid.hpp"
#include "platform/contract/types.hpp"

namespace shop {

using UserId = platform::Id<struct UserTag>;
using ProductId = platform::Id<struct ProductTag>;
using CategoryId = platform::Id<struct CategoryTag>;
using OrderId = platform::Id<struct OrderTag>;

/// What can be bought is named by its SKU, across all services.
using Sku = platform::contract::Token<1, 64>;

}  // namespace shop
