#include "services/product-service/app/application/read_product.hpp"

namespace shop::product {

awaitable<std::optional<ProductView>> read_product(Ports ports, ProductId id) {
    if (auto kept = co_await ports.cache->find(id)) co_return kept;
    auto view = co_await ports.reader->published_product(id);
    if (view) co_await ports.cache->keep(*view);
    co_return view;
}

}  // namespace shop::product
