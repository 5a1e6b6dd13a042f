#pragma once

#include "services/product-service/app/application/ports.hpp"

namespace shop::product {

/// The published part of a product, from the cache if it has it. Nothing when there is no such product or
/// nothing of it is published. After a change a reader may see the former state for as long as the cache
/// keeps things, if it read just before the commit and kept just after; prices that are charged never come
/// from here.
awaitable<std::optional<ProductView>> read_product(Ports ports, ProductId id);

}  // namespace shop::product
