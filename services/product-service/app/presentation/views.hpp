#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "services/product-service/app/domain/currency.hpp"
#include "services/product-service/app/domain/product.hpp"

/// What is asked of this service; what it answers is in application/views.hpp.
namespace shop::product {

struct CreateCategory {
    Slug slug;
    platform::contract::Text<1, 100> name;
    std::optional<CategoryId> parent_id;
};
BOOST_DESCRIBE_STRUCT(CreateCategory, (), (slug, name, parent_id))

struct Price {
    platform::contract::Int<1, price_max> amount;  // Minor units.
    CurrencyCode currency;
};
BOOST_DESCRIBE_STRUCT(Price, (), (amount, currency))

struct DescribedOption {
    platform::contract::Text<1, 40> name;
    platform::contract::Text<1, 80> value;
};
BOOST_DESCRIBE_STRUCT(DescribedOption, (), (name, value))

/// Whether a variant can be bought. Withdrawing it means leaving it out.
enum class Publication { draft, published };
BOOST_DESCRIBE_ENUM(Publication, draft, published)

struct DescribedVariant {
    Sku sku;
    Price price;
    std::optional<platform::contract::List<DescribedOption, 0, 5>> options;
    std::optional<Publication> status;  // Published when absent.
};
BOOST_DESCRIBE_STRUCT(DescribedVariant, (), (sku, price, options, status))

struct CreateProduct {
    Slug slug;
    platform::contract::Text<1, 200> title;
    std::optional<platform::contract::Prose<0, 5000>> description;
    CategoryId category_id;
    platform::contract::List<DescribedVariant, 1, 50> variants;
};
BOOST_DESCRIBE_STRUCT(CreateProduct, (), (slug, title, description, category_id, variants))

struct ReplaceProduct : CreateProduct {
    /// The version that was read; may be absent where If-Match says it.
    std::optional<platform::contract::Int<1, std::numeric_limits<std::int64_t>::max()>> version;
};
BOOST_DESCRIBE_STRUCT(ReplaceProduct, (CreateProduct), (version))

struct ListCategories {
    std::optional<platform::contract::Int<1, 500>> limit;  // 500 when absent.
    std::optional<CategoryId> after;
};
BOOST_DESCRIBE_STRUCT(ListCategories, (), (limit, after))

struct ListProducts {
    std::optional<platform::contract::Int<1, 100>> limit;  // 20 when absent.
    std::optional<ProductId> after;
    std::optional<Slug> category;  // Its slug or id; the categories below it count as well.
};
BOOST_DESCRIBE_STRUCT(ListProducts, (), (limit, after, category))

/// "A,B,C": 1 to 50 SKUs.
struct SkuList {
    std::vector<Sku> skus;
};

struct FindSkus {
    SkuList skus;
};
BOOST_DESCRIBE_STRUCT(FindSkus, (), (skus))

}  // namespace shop::product

template <>
struct platform::contract::Scalar<shop::product::SkuList> {
    static Parsed<shop::product::SkuList> parse(std::string_view text);
    static std::string text(const shop::product::SkuList& list);
    static boost::json::object schema();
};
