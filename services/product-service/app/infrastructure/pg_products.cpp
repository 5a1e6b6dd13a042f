#include "services/product-service/app/infrastructure/pg_products.hpp"

#include "platform/contract/write.hpp"
#include "platform/messaging/outbox.hpp"
#include "services/product-service/app/infrastructure/options_json.hpp"

namespace shop::product {
namespace {

using platform::postgres::Json;
using platform::postgres::Pending;
using platform::postgres::Statement;
using platform::postgres::Transaction;

template <class T>
using Array = std::vector<T>;

struct ProductRow {
    ProductId id;
    std::int64_t version = 0;
    Slug slug;
    std::string title;
    std::string description;
    CategoryId category_id;
};
BOOST_DESCRIBE_STRUCT(ProductRow, (), (id, version, slug, title, description, category_id))

// The product comes first: whoever holds it is the only one who may change what is on offer of it.
const Statement<std::optional<ProductRow>(ProductId)> lock_product{"product.lock_product", R"sql(
select id, version, slug, title, description, category_id from products
where id = $1 and not deleted for update)sql"};

// A row that is not there cannot be locked: two products with the same new SKU would both find nothing. So
// the row is made first, and whoever makes it second waits here for the first.
const Statement<void(Array<Sku>, ProductId)> insert_missing{"product.insert_missing", R"sql(
insert into offers (sku, product_id, version, price_amount, currency, title, options, status, position)
select sku, $2, 0, 0, '', '', '[]', 'deleted', 0 from unnest($1) as s(sku) order by sku
on conflict do nothing)sql"};

struct OfferRow {
    Sku sku;
    ProductId product_id;
    std::int64_t version = 0;
    std::int64_t price_amount = 0;
    Currency currency;
    std::string title;
    Json options;
    ProductStatus status{};
    std::int32_t position = 0;
};
BOOST_DESCRIBE_STRUCT(OfferRow, (),
                      (sku, product_id, version, price_amount, currency, title, options, status, position))

const Statement<Array<OfferRow>(Array<Sku>, ProductId)> lock_offers{"product.lock_offers", R"sql(
select sku, product_id, version, price_amount, currency, title, options, status, position from offers
where sku = any($1) or (product_id = $2 and status <> 'deleted') order by sku for update)sql"};

const Statement<void(ProductId, std::int64_t, Slug, std::string, std::string, CategoryId, bool)>
    write_product{"product.write_product", R"sql(
insert into products (id, version, slug, title, description, category_id, deleted)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (id) do update set version = excluded.version, slug = excluded.slug, title = excluded.title,
    description = excluded.description, category_id = excluded.category_id, deleted = excluded.deleted,
    updated_at = now())sql"};

const Statement<void(Array<Sku>, Array<ProductId>, Array<std::int64_t>, Array<std::int64_t>, Array<Currency>,
                     Array<std::string>, Array<Json>, Array<ProductStatus>, Array<std::int32_t>)>
    update_offers{"product.update_offers", R"sql(
update offers o set product_id = n.product_id, version = n.version, price_amount = n.price_amount,
    currency = n.currency, title = n.title, options = n.options, status = n.status, position = n.position,
    updated_at = now()
from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)
    as n(sku, product_id, version, price_amount, currency, title, options, status, position)
where o.sku = n.sku)sql"};

const Statement<void(CategoryId, Slug, std::string, std::optional<CategoryId>)> insert_category{
    "product.insert_category", R"sql(
insert into categories (id, slug, name, parent_id) values ($1, $2, $3, $4))sql"};

Product product_of(ProductRow row) {
    return {
        row.id,         row.version, std::move(row.slug), std::move(row.title), std::move(row.description),
        row.category_id};
}

Offers offers_of(std::vector<OfferRow> rows) {
    Offers offers;
    for (auto& row : rows)
        offers.emplace(row.sku, Offer{row.sku,
                                      row.product_id,
                                      row.version,
                                      {row.price_amount, row.currency},
                                      std::move(row.title),
                                      options_of(row.options),
                                      row.status,
                                      row.position});
    return offers;
}

void write_offers(Transaction& tx, const std::vector<Offer>& offers) {
    if (offers.empty()) return;
    Array<Sku> skus;
    Array<ProductId> products;
    Array<std::int64_t> versions, prices;
    Array<Currency> currencies;
    Array<std::string> titles;
    Array<Json> options;
    Array<ProductStatus> statuses;
    Array<std::int32_t> positions;
    for (const auto& offer : offers) {
        skus.push_back(offer.sku);
        products.push_back(offer.product_id);
        versions.push_back(offer.version);
        prices.push_back(offer.price.amount);
        currencies.push_back(offer.price.currency);
        titles.push_back(offer.title);
        options.push_back(json_of(offer.options));
        statuses.push_back(offer.status);
        positions.push_back(offer.position);
    }
    tx.send(update_offers, skus, products, versions, prices, currencies, titles, options, statuses,
            positions);
}

std::optional<Refusal> refusal_of(const platform::postgres::Error& error) {
    if (error.constraint() == "products_slug_key") return Refusal::product_slug_taken;
    if (error.constraint() == "products_category_fkey") return Refusal::category_unknown;
    if (error.constraint() == "categories_slug_key") return Refusal::category_slug_taken;
    if (error.constraint() == "categories_parent_fkey") return Refusal::parent_unknown;
    return std::nullopt;
}

class PgProductTransaction final : public ProductTransaction {
  public:
    PgProductTransaction(Transaction tx, const std::function<void()>& committed)
        : tx_(std::move(tx)), committed_(committed) {}

    awaitable<Locked> load(ProductId id, std::vector<Sku> skus) override {
        auto product = tx_.send(lock_product, id);
        if (!skus.empty()) tx_.send(insert_missing, skus, id);
        auto offers = tx_.send(lock_offers, skus, id);
        co_await tx_.flush();
        Locked locked;
        if (auto row = product.get()) locked.product = product_of(std::move(*row));
        locked.offers = offers_of(offers.get());
        co_return locked;
    }

    awaitable<std::expected<void, Refusal>> commit(Changes changes) override {
        const auto& product = changes.product;
        const bool tells = !changes.events.empty();
        tx_.send(write_product, product.id, product.version, product.slug, product.title, product.description,
                 product.category_id, product.deleted);
        write_offers(tx_, changes.offers);
        platform::messaging::write_events(tx_, changes.events);
        try {
            co_await tx_.commit();
        } catch (const platform::postgres::Error& error) {
            const auto refusal = refusal_of(error);
            if (!refusal) throw;
            co_return std::unexpected(*refusal);
        }
        if (tells) committed_();
        co_return std::expected<void, Refusal>{};
    }

  private:
    Transaction tx_;
    const std::function<void()>& committed_;
};

}  // namespace

PgProducts::PgProducts(platform::postgres::Pool& pool, std::function<void()> committed)
    : pool_(pool), committed_(std::move(committed)) {}

awaitable<std::unique_ptr<ProductTransaction>> PgProducts::begin() {
    co_return std::make_unique<PgProductTransaction>(co_await pool_.begin(), committed_);
}

awaitable<std::expected<void, Refusal>> PgProducts::add(Category category) {
    try {
        co_await pool_.run(insert_category, category.id, category.slug, category.name, category.parent_id);
    } catch (const platform::postgres::Error& error) {
        const auto refusal = refusal_of(error);
        if (!refusal) throw;
        co_return std::unexpected(*refusal);
    }
    co_return std::expected<void, Refusal>{};
}

}  // namespace shop::product
