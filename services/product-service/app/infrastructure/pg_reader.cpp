#include "services/product-service/app/infrastructure/pg_reader.hpp"

#include "services/product-service/app/infrastructure/options_json.hpp"

namespace shop::product {
namespace {

using platform::postgres::Json;
using platform::postgres::Statement;

template <class T>
using Array = std::vector<T>;

// A parent is made before its children, so in the order of ids a reader knows every parent already.
const Statement<Array<CategoryView>(std::optional<CategoryId>, std::int64_t)> list_categories{
    "product.list_categories", R"sql(
select id, slug, name, parent_id from categories where $1::uuid is null or id > $1 order by id limit $2)sql"};

/// One variant with the product it belongs to; rows of one product follow each other.
struct ProductRow {
    ProductId id;
    std::int64_t version = 0;
    std::string slug;
    std::string title;
    std::string description;
    platform::Time updated_at;
    CategoryId category_id;
    std::string category_slug;
    std::string category_name;
    std::optional<CategoryId> category_parent_id;
    Sku sku;
    std::int64_t price_amount = 0;
    Currency currency;
    Json options;
    ProductStatus status{};
    std::int64_t sku_version = 0;
};
BOOST_DESCRIBE_STRUCT(ProductRow, (),
                      (id, version, slug, title, description, updated_at, category_id, category_slug,
                       category_name, category_parent_id, sku, price_amount, currency, options, status,
                       sku_version))

const Statement<Array<ProductRow>(ProductId, bool)> find_product{"product.find_product", R"sql(
select p.id, p.version, p.slug, p.title, p.description, p.updated_at, c.id as category_id,
    c.slug as category_slug, c.name as category_name, c.parent_id as category_parent_id,
    o.sku, o.price_amount, o.currency, o.options, o.status, o.version as sku_version
from products p join categories c on c.id = p.category_id join offers o on o.product_id = p.id
where p.id = $1 and not p.deleted and (o.status = 'published' or ($2 and o.status = 'draft'))
order by o.position)sql"};

struct SummaryRow {
    ProductId id;
    std::string slug;
    std::string title;
    std::string category;
    Sku sku;
    std::int64_t price_amount = 0;
    Currency currency;
    Json options;
    ProductStatus status{};
    std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(SummaryRow, (),
                      (id, slug, title, category, sku, price_amount, currency, options, status, version))

const Statement<Array<SummaryRow>(std::optional<ProductId>, std::int64_t)> list_products{
    "product.list_products", R"sql(
with page as (
    select id, slug, title, category_id from products p
    where not deleted and ($1::uuid is null or id > $1)
        and exists (select from offers o where o.product_id = p.id and o.status = 'published')
    order by id limit $2)
select p.id, p.slug, p.title, c.slug as category,
    o.sku, o.price_amount, o.currency, o.options, o.status, o.version
from page p join categories c on c.id = p.category_id
    join offers o on o.product_id = p.id and o.status = 'published'
order by p.id, o.position)sql"};

// A category stands for everything below it too.
const Statement<Array<SummaryRow>(std::optional<ProductId>, std::int64_t, Slug)> list_products_of{
    "product.list_products_of", R"sql(
with recursive subtree as (
    select id from categories where slug = $3 or id::text = $3
    union all
    select c.id from categories c join subtree s on c.parent_id = s.id),
page as (
    select id, slug, title, category_id from products p
    where not deleted and ($1::uuid is null or id > $1) and category_id in (select id from subtree)
        and exists (select from offers o where o.product_id = p.id and o.status = 'published')
    order by id limit $2)
select p.id, p.slug, p.title, c.slug as category,
    o.sku, o.price_amount, o.currency, o.options, o.status, o.version
from page p join categories c on c.id = p.category_id
    join offers o on o.product_id = p.id and o.status = 'published'
order by p.id, o.position)sql"};

struct SkuRow {
    Sku sku;
    ProductId product_id;
    std::int64_t version = 0;
    std::int64_t price_amount = 0;
    Currency currency;
    std::string title;
    ProductStatus status{};
};
BOOST_DESCRIBE_STRUCT(SkuRow, (), (sku, product_id, version, price_amount, currency, title, status))

const Statement<Array<SkuRow>(Array<Sku>)> find_skus{"product.find_skus", R"sql(
select sku, product_id, version, price_amount, currency, title, status from offers
where sku = any($1) and status = 'published' order by sku)sql"};

std::optional<ProductView> view_of(std::vector<ProductRow> rows) {
    if (rows.empty()) return std::nullopt;
    auto& first = rows.front();
    ProductView view{.id = first.id,
                     .version = first.version,
                     .slug = std::move(first.slug),
                     .title = std::move(first.title),
                     .description = std::move(first.description),
                     .category = {first.category_id, std::move(first.category_slug),
                                  std::move(first.category_name), first.category_parent_id},
                     .variants = {},
                     .updated_at = first.updated_at};
    for (auto& row : rows)
        view.variants.push_back({std::move(row.sku),
                                 {row.price_amount, std::move(row.currency)},
                                 options_of(row.options),
                                 row.status,
                                 row.sku_version});
    return view;
}

std::vector<ProductSummary> summaries_of(std::vector<SummaryRow> rows) {
    std::vector<ProductSummary> views;
    for (auto& row : rows) {
        if (views.empty() || views.back().id != row.id)
            views.push_back({row.id, std::move(row.slug), std::move(row.title), std::move(row.category), {}});
        views.back().variants.push_back({std::move(row.sku),
                                         {row.price_amount, std::move(row.currency)},
                                         options_of(row.options),
                                         row.status,
                                         row.version});
    }
    return views;
}

}  // namespace

awaitable<std::vector<CategoryView>> PgReader::categories(Range<CategoryId> range) {
    co_return co_await pool_.run(list_categories, range.after, range.limit);
}

awaitable<std::vector<ProductSummary>> PgReader::products(Range<ProductId> range,
                                                          std::optional<Slug> category) {
    if (category)
        co_return summaries_of(co_await pool_.run(list_products_of, range.after, range.limit, *category));
    co_return summaries_of(co_await pool_.run(list_products, range.after, range.limit));
}

awaitable<std::optional<ProductView>> PgReader::published_product(ProductId id) {
    co_return view_of(co_await pool_.run(find_product, id, false));
}

awaitable<std::optional<ProductView>> PgReader::whole_product(ProductId id) {
    co_return view_of(co_await pool_.run(find_product, id, true));
}

awaitable<std::vector<SkuView>> PgReader::skus(std::vector<Sku> skus) {
    auto rows = co_await pool_.run(find_skus, skus);
    std::vector<SkuView> views;
    for (auto& row : rows)
        views.push_back({std::move(row.sku),
                         row.product_id,
                         row.version,
                         {row.price_amount, std::move(row.currency)},
                         std::move(row.title),
                         row.status});
    co_return views;
}

}  // namespace shop::product
