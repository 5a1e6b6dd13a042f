#include "services/product-service/app/presentation/routes.hpp"

#include <charconv>

#include "services/product-service/app/application/manage_products.hpp"
#include "services/product-service/app/application/read_product.hpp"
#include "services/product-service/app/presentation/problems.hpp"
#include "services/product-service/app/presentation/views.hpp"

namespace shop::product {

namespace http = platform::http;

namespace {

constexpr std::int64_t categories_default = 500;
constexpr std::int64_t products_default = 20;

using ProductReply = http::Reply<ProductView>;

Variant variant_of(DescribedVariant in) {
    Variant variant{std::move(in.sku), {in.price.amount, {std::move(in.price.currency.value)}}, {}, {}};
    if (in.options)
        for (auto& option : in.options->value)
            variant.options.push_back({std::move(option.name.value), std::move(option.value.value)});
    const bool draft = in.status == Publication::draft;
    variant.status = draft ? ProductStatus::draft : ProductStatus::published;
    return variant;
}

Content content_of(CreateProduct in) {
    Content content{.slug = std::move(in.slug),
                    .title = std::move(in.title.value),
                    .description = in.description ? std::move(in.description->value) : "",
                    .category_id = in.category_id,
                    .variants = {}};
    for (auto& variant : in.variants.value) content.variants.push_back(variant_of(std::move(variant)));
    return content;
}

std::string etag_of(std::int64_t version) { return '"' + std::to_string(version) + '"'; }

ProductReply reply_of(ProductView view) {
    auto tag = etag_of(view.version);
    return {std::move(view), {}, {{"ETag", std::move(tag)}}};
}

/// The version of one strong entity tag; 0, which no product has, for anything else.
std::int64_t version_of(std::string_view if_match) {
    std::int64_t version = 0;
    if (if_match.size() > 2)
        std::from_chars(if_match.data() + 1, if_match.data() + if_match.size() - 1, version);
    return etag_of(version) == if_match ? version : 0;
}

std::optional<SeenVersion> seen_version(const http::Caller& caller, const ReplaceProduct& in) {
    if (!caller.if_match.empty())
        return SeenVersion{version_of(caller.if_match), Refusal::precondition_failed};
    if (in.version) return SeenVersion{*in.version, Refusal::version_outdated};
    return std::nullopt;
}

/// Cuts the one item that was read beyond the limit; it tells that there is a next page.
template <class T>
http::Page<T> page_of(std::vector<T> items, std::int64_t limit) {
    http::Page<T> page{std::move(items)};
    if (page.items.size() > static_cast<std::size_t>(limit)) {
        page.items.pop_back();
        page.next = page.items.back().id.text();
    }
    return page;
}

CategoryView view_of(Category category) {
    return {category.id, std::move(category.slug.value), std::move(category.name), category.parent_id};
}

awaitable<Result<http::Created<CategoryView>>> post_category(Ports ports, CreateCategory in) {
    auto category =
        co_await create_category(ports, std::move(in.slug), std::move(in.name.value), in.parent_id);
    if (!category) co_return std::unexpected(category.error());
    co_return http::Created<CategoryView>{view_of(std::move(*category)), "/api/v1/categories"};
}

awaitable<Result<http::Page<CategoryView>>> get_categories(Ports ports, http::Query<ListCategories> in) {
    const auto limit = in.value.limit ? in.value.limit->value : categories_default;
    co_return page_of(co_await ports.reader->categories({in.value.after, limit + 1}), limit);
}

/// The product as it was written, drafts and all.
awaitable<Result<ProductReply>> written(Ports ports, ProductId id) {
    auto view = co_await ports.reader->whole_product(id);
    if (!view) co_return std::unexpected(Refusal::product_not_found);
    co_return reply_of(std::move(*view));
}

awaitable<Result<http::Created<ProductReply>>> post_product(Ports ports, http::Caller caller,
                                                            CreateProduct in) {
    const auto id = co_await create_product(ports, content_of(std::move(in)), caller.trace.header());
    if (!id) co_return std::unexpected(id.error());
    auto view = co_await written(ports, *id);
    if (!view) co_return std::unexpected(view.error());
    co_return http::Created<ProductReply>{std::move(*view), "/api/v1/products/" + id->text()};
}

awaitable<Result<ProductReply>> put_product(Ports ports, http::Caller caller, http::Path<ProductId> id,
                                            ReplaceProduct in) {
    const auto seen = seen_version(caller, in);
    if (!seen) {
        platform::http::Refused<Refusal> refused{Refusal::version_missing};
        refused.violations.push_back({"#/version", "is required where there is no If-Match"});
        co_return std::unexpected(std::move(refused));
    }
    const auto replaced =
        co_await replace_product(ports, id.value, *seen, content_of(std::move(in)), caller.trace.header());
    if (!replaced) co_return std::unexpected(replaced.error());
    co_return co_await written(ports, id.value);
}

awaitable<Result<http::NoContent>> delete_product_route(Ports ports, http::Caller caller,
                                                        http::Path<ProductId> id) {
    const auto deleted = co_await delete_product(ports, id.value, caller.trace.header());
    if (!deleted) co_return std::unexpected(deleted.error());
    co_return http::NoContent{};
}

awaitable<Result<ProductReply>> get_product(Ports ports, http::Path<ProductId> id) {
    auto view = co_await read_product(ports, id.value);
    if (!view) co_return std::unexpected(Refusal::product_not_found);
    co_return reply_of(std::move(*view));
}

awaitable<Result<ProductReply>> get_all_variants(Ports ports, http::Path<ProductId> id) {
    co_return co_await written(ports, id.value);
}

awaitable<Result<http::Page<ProductSummary>>> get_products(Ports ports, http::Query<ListProducts> in) {
    const auto limit = in.value.limit ? in.value.limit->value : products_default;
    co_return page_of(co_await ports.reader->products({in.value.after, limit + 1}, in.value.category), limit);
}

awaitable<Result<SkuViews>> get_by_sku(Ports ports, http::Query<FindSkus> in) {
    co_return SkuViews{co_await ports.reader->skus(std::move(in.value.skus.skus))};
}

void add_category_routes(http::Api<Ports>& api) {
    api.post("/categories", 201, &post_category,
             {.access = http::Access::admin,
              .summary = "Adds a category to the tree",
              .problems = {Refusal::category_slug_taken, Refusal::parent_unknown},
              .tag = "categories"});
    api.get(
        "/categories", 200, &get_categories,
        {.access = http::Access::anyone, .summary = "All categories, parents first", .tag = "categories"});
}

}  // namespace

http::Info api_info() { return {.title = "product-service", .version = "1.0.0"}; }

void add_routes(http::Api<Ports>& api) {
    add_category_routes(api);
    api.post("/products", 201, &post_product,
             {.access = http::Access::admin,
              .summary = "Puts a product into the catalogue",
              .problems = {Refusal::content_contradictory, Refusal::category_unknown,
                           Refusal::product_slug_taken, Refusal::sku_taken},
              .tag = "products"});
    api.get(
        "/products", 200, &get_products,
        {.access = http::Access::anyone, .summary = "Published products, oldest first", .tag = "products"});
    api.get("/products/by-sku", 200, &get_by_sku,
            {.access = http::Access::anyone,
             .summary = "Published variants by their SKUs; what is not for sale is left out",
             .tag = "products"});
    api.get("/products/{id}", 200, &get_product,
            {.access = http::Access::anyone,
             .summary = "A product with its published variants",
             .problems = {Refusal::product_not_found},
             .tag = "products"});
    api.get("/products/{id}/all-variants", 200, &get_all_variants,
            {.access = http::Access::admin,
             .summary = "A product with its drafts, as an administrator edits it",
             .problems = {Refusal::product_not_found},
             .tag = "products"});
    api.put("/products/{id}", 200, &put_product,
            {.access = http::Access::admin,
             .summary = "Replaces a whole product; variants that are left out are withdrawn",
             .problems = {Refusal::product_not_found, Refusal::content_contradictory,
                          Refusal::version_missing, Refusal::version_outdated, Refusal::precondition_failed,
                          Refusal::category_unknown, Refusal::product_slug_taken, Refusal::sku_taken},
             .if_match = true,
             .tag = "products"});
    api.del("/products/{id}", 204, &delete_product_route,
            {.access = http::Access::admin,
             .summary = "Takes a product and all its SKUs out of the catalogue",
             .problems = {Refusal::product_not_found},
             .tag = "products"});
}

}  // namespace shop::product
