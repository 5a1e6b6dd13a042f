#pragma once

#include "services/product-service/app/application/ports.hpp"

namespace shop::product {

/// For a service that is run without a cache.
class NoCache final : public DetailsCache {
  public:
    awaitable<std::optional<ProductView>> find(ProductId) override { co_return std::nullopt; }
    awaitable<void> keep(ProductView) override { co_return; }
    awaitable<void> forget(ProductId) override { co_return; }
};

}  // namespace shop::product
