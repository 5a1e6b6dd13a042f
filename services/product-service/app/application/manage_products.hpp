#pragma once

#include "platform/http/refused.hpp"
#include "services/product-service/app/application/ports.hpp"

namespace shop::product {

template <class T>
using Result = std::expected<T, platform::http::Refused<Refusal>>;

/// The version that the caller saw, and what to say when it is not the present one: version_outdated, or
/// precondition_failed when it came as a precondition of the protocol.
struct SeenVersion {
    std::int64_t version = 0;
    Refusal otherwise{};
};

/// Puts a new product into the catalogue, and tells subscribers of every SKU.
awaitable<Result<ProductId>> create_product(Ports ports, Content content, std::string traceparent);

/// Makes the product what `content` says, and tells subscribers of every SKU that changed. The same content
/// again changes and tells nothing.
awaitable<Result<ProductId>> replace_product(Ports ports, ProductId id, SeenVersion seen, Content content,
                                             std::string traceparent);

/// Takes the product out of the catalogue; its SKUs stay behind as tombstones.
awaitable<Result<void>> delete_product(Ports ports, ProductId id, std::string traceparent);

awaitable<Result<Category>> create_category(Ports ports, Slug slug, std::string name,
                                            std::optional<CategoryId> parent_id);

}  // namespace shop::product
