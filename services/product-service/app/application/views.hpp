#pragma once

#include <boost/describe/class.hpp>
#include <optional>
#include <string>
#include <vector>

#include "platform/base/time.hpp"
#include "services/product-service/app/domain/product.hpp"

/// What readers get. The database fills these directly; no decision is taken on them.
namespace shop::product {

struct CategoryView {
    CategoryId id;
    std::string slug;
    std::string name;
    std::optional<CategoryId> parent_id;

    bool operator==(const CategoryView&) const = default;
};
BOOST_DESCRIBE_STRUCT(CategoryView, (), (id, slug, name, parent_id))

struct VariantView {
    Sku sku;
    Money price;
    std::vector<Option> options;
    ProductStatus status{};
    std::int64_t version = 0;

    bool operator==(const VariantView&) const = default;
};
BOOST_DESCRIBE_STRUCT(VariantView, (), (sku, price, options, status, version))

struct ProductView {
    ProductId id;
    std::int64_t version = 0;
    std::string slug;
    std::string title;
    std::string description;
    CategoryView category;
    std::vector<VariantView> variants;
    platform::Time updated_at;

    bool operator==(const ProductView&) const = default;
};
BOOST_DESCRIBE_STRUCT(ProductView, (),
                      (id, version, slug, title, description, category, variants, updated_at))

/// A product in a list: without the long text.
struct ProductSummary {
    ProductId id;
    std::string slug;
    std::string title;
    std::string category;  // Its slug.
    std::vector<VariantView> variants;

    bool operator==(const ProductSummary&) const = default;
};
BOOST_DESCRIBE_STRUCT(ProductSummary, (), (id, slug, title, category, variants))

/// One SKU as an order needs it, with the members of ProductChanged. Withdrawn SKUs are told too, as deleted.
struct SkuView {
    Sku sku;
    ProductId product_id;
    std::int64_t version = 0;
    Money price;
    std::string title;
    ProductStatus status{};

    bool operator==(const SkuView&) const = default;
};
BOOST_DESCRIBE_STRUCT(SkuView, (), (sku, product_id, version, price, title, status))

/// A list that needs no pages: nobody gets more than they named.
struct SkuViews {
    std::vector<SkuView> items;
};
BOOST_DESCRIBE_STRUCT(SkuViews, (), (items))

}  // namespace shop::product
