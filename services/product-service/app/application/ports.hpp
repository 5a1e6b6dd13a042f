#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/base/awaitable.hpp"
#include "platform/base/ids.hpp"
#include "services/product-service/app/application/views.hpp"
#include "services/product-service/app/domain/product.hpp"

namespace shop::product {

using platform::awaitable;

/// What a transaction has locked.
struct Locked {
    std::optional<Product> product;  // Absent when there is none, or not any more.
    Offers offers;  // Every SKU asked for, made at version 0 if it was new, and every one on offer of
                    // the product.
};

/// Absolute values to write, and what goes out with them.
struct Changes {
    Product product;
    std::vector<Offer> offers;
    struct Event {
        platform::Uuid id;
        ProductChanged event;
        std::string traceparent;
    };
    std::vector<Event> events;
};

/// One unit of work on one product. Destroyed without commit, it never happened.
struct ProductTransaction {
    virtual ~ProductTransaction() = default;
    virtual awaitable<Locked> load(ProductId id, std::vector<Sku> skus) = 0;

    /// Writes and commits together. Refused (product_slug_taken, category_unknown) when the database knows
    /// better, and then nothing has happened.
    virtual awaitable<std::expected<void, Refusal>> commit(Changes changes) = 0;
};

struct Products {
    virtual ~Products() = default;
    virtual awaitable<std::unique_ptr<ProductTransaction>> begin() = 0;
};

struct Categories {
    virtual ~Categories() = default;

    /// Refused: category_slug_taken, parent_unknown.
    virtual awaitable<std::expected<void, Refusal>> add(Category category) = 0;
};

/// Part of a list in the order of ids, which is the order in which things were made.
template <class Id>
struct Range {
    std::optional<Id> after;
    std::int64_t limit = 0;
};

struct Reader {
    virtual ~Reader() = default;
    virtual awaitable<std::vector<CategoryView>> categories(Range<CategoryId> range) = 0;

    /// Products with something published, and of them only that. `category` is the slug or id of one whose
    /// whole subtree is wanted.
    virtual awaitable<std::vector<ProductSummary>> products(Range<ProductId> range,
                                                            std::optional<Slug> category) = 0;
    virtual awaitable<std::optional<ProductView>> published_product(ProductId id) = 0;

    /// With its drafts.
    virtual awaitable<std::optional<ProductView>> whole_product(ProductId id) = 0;

    /// What is known of each SKU, whatever its status; nothing about unknown ones.
    virtual awaitable<std::vector<SkuView>> skus(std::vector<Sku> skus) = 0;
};

/// Details of published products, kept for a short while. It may forget or know nothing at any time, and
/// never fails: what it cannot do is not done.
struct DetailsCache {
    virtual ~DetailsCache() = default;
    virtual awaitable<std::optional<ProductView>> find(ProductId id) = 0;
    virtual awaitable<void> keep(ProductView view) = 0;
    virtual awaitable<void> forget(ProductId id) = 0;
};

struct Ports {
    Products* products;
    Categories* categories;
    Reader* reader;
    DetailsCache* cache;
    platform::Ids* ids;
};

}  // namespace shop::product
