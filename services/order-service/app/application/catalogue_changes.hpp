#pragma once

#include "services/order-service/app/application/ports.hpp"
#include "shared/app/schemas/product_events.hpp"

namespace shop::order {

using CatalogueMessage = platform::messaging::Message<ProductChanged>;

/// The copy of the catalogue that prices orders. apply() keeps, of each SKU, the greatest version it was ever
/// given: events may come twice, late, or in any order.
struct CatalogueCopy {
    virtual ~CatalogueCopy() = default;
    virtual awaitable<void> apply(std::vector<CatalogueMessage> batch) = 0;
};

}  // namespace shop::order
