#pragma once

#include <functional>

#include "platform/postgres/pool.hpp"
#include "services/product-service/app/application/ports.hpp"

namespace shop::product {

/// Products and categories on PostgreSQL. `committed` is called after each commit that wrote events, so that
/// the relay need not wait for its next look. The pool must outlive it.
class PgProducts final : public Products, public Categories {
  public:
    PgProducts(platform::postgres::Pool& pool, std::function<void()> committed);

    awaitable<std::unique_ptr<ProductTransaction>> begin() override;
    awaitable<std::expected<void, Refusal>> add(Category category) override;

  private:
    platform::postgres::Pool& pool_;
    std::function<void()> committed_;
};

}  // namespace shop::product
