#pragma once

#include "platform/cache/redis.hpp"
#include "services/product-service/app/application/ports.hpp"

namespace shop::product {

/// Details of products in Redis, as JSON. The cache must outlive it.
class RedisDetails final : public DetailsCache {
  public:
    explicit RedisDetails(platform::cache::Redis& redis) : redis_(redis) {}

    awaitable<std::optional<ProductView>> find(ProductId id) override;
    awaitable<void> keep(ProductView view) override;
    awaitable<void> forget(ProductId id) override;

  private:
    platform::cache::Redis& redis_;
};

}  // namespace shop::product
