#include "services/product-service/app/application/manage_products.hpp"

#include <algorithm>

namespace shop::product {
namespace {

using Refused = platform::http::Refused<Refusal>;

/// A refusal about one member of the request.
Refused about(Refusal reason, std::string pointer, std::string detail) {
    Refused refused{reason};
    refused.violations.push_back({std::move(pointer), std::move(detail)});
    return refused;
}

Refused taken(const SkusTaken& skus, const std::vector<Variant>& variants) {
    Refused refused{Refusal::sku_taken};
    for (const auto& sku : skus.skus) {
        refused.detail += (refused.detail.empty() ? "" : ", ") + sku.value;
        const auto found = std::ranges::find(variants, sku, &Variant::sku);
        refused.violations.push_back({"#/variants/" + std::to_string(found - variants.begin()) + "/sku",
                                      "is a SKU of another product"});
    }
    return refused;
}

Refused refused_commit(Refusal reason) {
    if (reason == Refusal::category_unknown) return about(reason, "#/category_id", "is not a category");
    if (reason == Refusal::product_slug_taken)
        return about(reason, "#/slug", "is the slug of another product");
    return reason;
}

std::vector<Sku> skus_of(const Content& content) {
    std::vector<Sku> skus;
    skus.reserve(content.variants.size());
    for (const auto& variant : content.variants) skus.push_back(variant.sku);
    return skus;
}

awaitable<Result<void>> commit(Ports ports, std::unique_ptr<ProductTransaction> transaction,
                               Decision decision, std::string traceparent) {
    const auto id = decision.product.id;
    Changes changes{
        .product = std::move(decision.product), .offers = std::move(decision.offers), .events = {}};
    for (auto& event : decision.events)
        changes.events.push_back({ports.ids->next(), std::move(event), traceparent});
    auto committed = co_await transaction->commit(std::move(changes));
    if (!committed) co_return std::unexpected(refused_commit(committed.error()));
    // After the commit: forgotten before it, the old state could be read and kept once more in between.
    co_await ports.cache->forget(id);
    co_return Result<void>{};
}

/// Both for a new product and for one that is there.
awaitable<Result<ProductId>> write(Ports ports, std::unique_ptr<ProductTransaction> transaction,
                                   Product product, Content content, Offers known, std::string traceparent) {
    const auto id = product.id;
    const auto variants = content.variants;
    auto decision = describe(std::move(product), std::move(content), known);
    if (!decision) co_return std::unexpected(taken(decision.error(), variants));
    if (!decision->changed) co_return id;
    auto written =
        co_await commit(ports, std::move(transaction), std::move(*decision), std::move(traceparent));
    if (!written) co_return std::unexpected(written.error());
    co_return id;
}

Refused contradictory(platform::contract::Violations violations) {
    Refused refused{Refusal::content_contradictory};
    refused.violations = std::move(violations);
    return refused;
}

}  // namespace

awaitable<Result<ProductId>> create_product(Ports ports, Content content, std::string traceparent) {
    if (auto violations = faults(content); !violations.empty())
        co_return std::unexpected(contradictory(std::move(violations)));
    Product product{.id = ProductId{ports.ids->next()}};
    auto transaction = co_await ports.products->begin();
    auto locked = co_await transaction->load(product.id, skus_of(content));
    co_return co_await write(ports, std::move(transaction), std::move(product), std::move(content),
                             std::move(locked.offers), std::move(traceparent));
}

awaitable<Result<ProductId>> replace_product(Ports ports, ProductId id, SeenVersion seen, Content content,
                                             std::string traceparent) {
    if (auto violations = faults(content); !violations.empty())
        co_return std::unexpected(contradictory(std::move(violations)));
    auto transaction = co_await ports.products->begin();
    auto locked = co_await transaction->load(id, skus_of(content));
    if (!locked.product) co_return std::unexpected(Refusal::product_not_found);
    if (locked.product->version != seen.version)
        co_return std::unexpected(
            Refused{seen.otherwise, "the product is at version " + std::to_string(locked.product->version)});
    co_return co_await write(ports, std::move(transaction), std::move(*locked.product), std::move(content),
                             std::move(locked.offers), std::move(traceparent));
}

awaitable<Result<void>> delete_product(Ports ports, ProductId id, std::string traceparent) {
    auto transaction = co_await ports.products->begin();
    auto locked = co_await transaction->load(id, {});
    if (!locked.product) co_return std::unexpected(Refusal::product_not_found);
    auto decision = withdraw(std::move(*locked.product), locked.offers);
    co_return co_await commit(ports, std::move(transaction), std::move(decision), std::move(traceparent));
}

awaitable<Result<Category>> create_category(Ports ports, Slug slug, std::string name,
                                            std::optional<CategoryId> parent_id) {
    Category category{CategoryId{ports.ids->next()}, std::move(slug), std::move(name), parent_id};
    auto added = co_await ports.categories->add(category);
    if (added) co_return category;
    if (added.error() == Refusal::parent_unknown)
        co_return std::unexpected(about(added.error(), "#/parent_id", "is not a category"));
    co_return std::unexpected(about(added.error(), "#/slug", "is the slug of another category"));
}

}  // namespace shop::product
