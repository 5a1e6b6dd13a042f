#pragma once

#include "platform/postgres/pool.hpp"
#include "services/product-service/app/application/ports.hpp"

namespace shop::product {

/// Reads of the catalogue, one statement each. The pool must outlive it.
class PgReader final : public Reader {
  public:
    explicit PgReader(platform::postgres::Pool& pool) : pool_(pool) {}

    awaitable<std::vector<CategoryView>> categories(Range<CategoryId> range) override;
    awaitable<std::vector<ProductSummary>> products(Range<ProductId> range,
                                                    std::optional<Slug> category) override;
    awaitable<std::optional<ProductView>> published_product(ProductId id) override;
    awaitable<std::optional<ProductView>> whole_product(ProductId id) override;
    awaitable<std::vector<SkuView>> skus(std::vector<Sku> skus) override;

  private:
    platform::postgres::Pool& pool_;
};

}  // namespace shop::product
