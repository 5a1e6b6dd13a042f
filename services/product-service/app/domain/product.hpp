#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <vector>

#include "platform/contract/violation.hpp"
#include "services/product-service/app/domain/refusal.hpp"
#include "services/product-service/app/domain/slug.hpp"
#include "shared/app/schemas/product_events.hpp"

/// Products and what is offered of them: pure decisions. Whatever is decided here, a SKU belongs to at most
/// one product at a time, its version never falls, and grows by exactly one with every event about it.
namespace shop::product {

/// In minor units. Low enough that no order can overflow a sum: 50 lines of 99 units stay below 2^63.
inline constexpr std::int64_t price_max = 100'000'000'000;

struct Category {
    CategoryId id;
    Slug slug;
    std::string name;
    std::optional<CategoryId> parent_id;

    bool operator==(const Category&) const = default;
};

/// One property that tells a variant from its siblings, such as {"Colour", "Blue"}.
struct Option {
    std::string name;
    std::string value;

    bool operator==(const Option&) const = default;
};
BOOST_DESCRIBE_STRUCT(Option, (), (name, value))

/// One variant as the administrator describes it: draft or published.
struct Variant {
    Sku sku;
    Money price;
    std::vector<Option> options;
    ProductStatus status{};
};

/// A whole product as the administrator describes it.
struct Content {
    Slug slug;
    std::string title;
    std::string description;
    CategoryId category_id;
    std::vector<Variant> variants;
};

struct Product {
    ProductId id;
    std::int64_t version = 0;  // Grows by one with every change of anything in it; 0 does not exist yet.
    Slug slug;
    std::string title;
    std::string description;
    CategoryId category_id;
    bool deleted = false;

    bool operator==(const Product&) const = default;
};

/// The state of one SKU. It outlives the product: a deleted one is kept as a tombstone, so that its version
/// goes on when the SKU is used again.
struct Offer {
    Sku sku;
    ProductId product_id;
    std::int64_t version = 0;  // 0: a row that exists only so that it can be locked.
    Money price;
    std::string title;  // Of the product and its options: "Linen shirt (Blue, M)".
    std::vector<Option> options;
    ProductStatus status = ProductStatus::deleted;
    std::int32_t position = 0;  // Among its siblings.

    bool operator==(const Offer&) const = default;
};

using Offers = std::map<Sku, Offer>;

/// What to write and to tell; nothing at all when nothing changed.
struct Decision {
    bool changed = false;
    Product product;
    std::vector<Offer> offers;  // Only those that changed, in the order of their SKU.
    std::vector<ProductChanged> events;
};

/// These SKUs are on offer as part of other products.
struct SkusTaken {
    std::vector<Sku> skus;
};

/// What contradicts itself in a description: a SKU twice, an option twice, two variants that nobody could
/// tell apart.
platform::contract::Violations faults(const Content& content);

/// Makes the product what `content` says. `known` has every SKU of `content` and every one on offer of the
/// product. SKUs that are not in `content` any more are withdrawn. Used for a new product (version 0) as
/// well.
std::expected<Decision, SkusTaken> describe(Product product, Content content, const Offers& known);

/// Takes the product and all its SKUs out of the catalogue.
Decision withdraw(Product product, const Offers& known);

}  // namespace shop::product
