#include "services/order-service/app/infrastructure/pg_catalogue.hpp"

#include <algorithm>
#include <set>

#include "platform/base/crash_point.hpp"
#include "platform/contract/parse.hpp"
#include "platform/contract/read.hpp"
#include "platform/telemetry/log.hpp"

namespace shop::order {
namespace {

using platform::http::Refused;
using platform::postgres::Statement;

template <class T>
using Array = std::vector<T>;

struct OfferRow {
    Sku sku;
    std::int64_t price_amount = 0;
    Currency currency;
    ProductStatus status{};
};
BOOST_DESCRIBE_STRUCT(OfferRow, (), (sku, price_amount, currency, status))

const Statement<Array<OfferRow>(Array<Sku>)> find_offers{"order.find_offers", R"sql(
select sku, price_amount, currency, status from catalogue where sku = any($1))sql"};

const Statement<void(Array<Sku>, Array<ProductId>, Array<std::int64_t>, Array<std::int64_t>, Array<Currency>,
                     Array<std::string>, Array<ProductStatus>)>
    upsert_offers{"order.upsert_offers", R"sql(
insert into catalogue (sku, product_id, version, price_amount, currency, title, status)
select * from unnest($1, $2, $3, $4, $5, $6, $7)
    as c(sku, product_id, version, price_amount, currency, title, status) order by sku
on conflict (sku) do update set product_id = excluded.product_id, version = excluded.version,
    price_amount = excluded.price_amount, currency = excluded.currency, title = excluded.title,
    status = excluded.status, updated_at = now()
where catalogue.version < excluded.version)sql"};

/// One statement cannot write a row twice, so of each SKU only the greatest version goes in.
void write(platform::postgres::Transaction& tx, const std::vector<ProductChanged>& changes) {
    std::map<Sku, const ProductChanged*> latest;
    for (const auto& change : changes) {
        auto& kept = latest[change.sku];
        if (kept == nullptr || kept->version < change.version) kept = &change;
    }
    if (latest.empty()) return;
    Array<Sku> skus;
    Array<ProductId> products;
    Array<std::int64_t> versions, prices;
    Array<Currency> currencies;
    Array<std::string> titles;
    Array<ProductStatus> statuses;
    for (const auto& [sku, change] : latest) {
        skus.push_back(sku);
        products.push_back(change->product_id);
        versions.push_back(change->version);
        prices.push_back(change->price.amount);
        currencies.push_back(change->price.currency);
        titles.push_back(change->title);
        statuses.push_back(change->status);
    }
    tx.send(upsert_offers, skus, products, versions, prices, currencies, titles, statuses);
}

/// What product-service answers to a batch read by SKU; other members are none of our business.
struct Offered {
    std::vector<ProductChanged> items;
};
BOOST_DESCRIBE_STRUCT(Offered, (), (items))

std::vector<Sku> skus_of(const Basket& basket) {
    std::set<Sku> skus;
    for (const auto& line : basket.lines) skus.insert(line.sku);
    return {skus.begin(), skus.end()};
}

}  // namespace

PgCatalogue::PgCatalogue(boost::asio::io_context& io, platform::postgres::Pool& pool,
                         platform::messaging::Inbox& inbox, platform::http::Client& product_service,
                         platform::postgres::BatcherConfig batches, CatalogueConfig config)
    : pool_(pool),
      inbox_(inbox),
      product_service_(product_service),
      config_(config),
      reads_(io, batches,
             [this](std::vector<std::vector<Sku>> baskets) { return read_all(std::move(baskets)); }) {}

awaitable<std::expected<PricedBasket, Refused<Refusal>>> PgCatalogue::price(Basket basket,
                                                                            std::string traceparent) {
    auto offers = co_await read(skus_of(basket));
    if (auto missing = worth_asking(basket, offers); !missing.empty()) {
        const bool answered = co_await read_through(missing, std::move(traceparent));
        if (!answered) co_return std::unexpected(Refusal::catalogue_unavailable);
        offers = co_await read(skus_of(basket));
    }
    PricedBasket priced{{}, std::move(basket.shipping_address), std::move(basket.payment_method)};
    Refused<Refusal> refused{Refusal::product_unknown};
    for (std::size_t i = 0; i < basket.lines.size(); ++i) {
        const auto& line = basket.lines[i];
        const auto offer = offers.find(line.sku);
        if (offer == offers.end() || !offer->second.on_sale) {
            refused.violations.push_back(
                {"#/lines/" + std::to_string(i) + "/sku", "'" + line.sku.value + "' is not on sale"});
        } else {
            priced.lines.push_back({line.sku, line.quantity, offer->second.price});
        }
    }
    if (!refused.violations.empty()) co_return std::unexpected(std::move(refused));
    co_return priced;
}

awaitable<void> PgCatalogue::apply(std::vector<CatalogueMessage> batch) {
    auto tx = co_await pool_.begin();
    inbox_.mark(tx, platform::messaging::ids_of(batch));
    std::vector<ProductChanged> changes;
    for (auto& message : batch) changes.push_back(std::move(message.event));
    // Marked for the auditor only: a greater version decides, so a message that comes again does no harm.
    write(tx, changes);
    CRASH_POINT("order.catalogue.before_commit");
    co_await tx.commit();
}

awaitable<PgCatalogue::Offers> PgCatalogue::read(std::vector<Sku> skus) {
    co_return co_await reads_.submit(std::move(skus));
}

awaitable<std::vector<PgCatalogue::Offers>> PgCatalogue::read_all(std::vector<std::vector<Sku>> baskets) {
    std::set<Sku> all;
    for (const auto& basket : baskets) all.insert(basket.begin(), basket.end());
    const auto rows = co_await pool_.run(find_offers, std::vector<Sku>(all.begin(), all.end()));
    std::map<Sku, const OfferRow*> known;
    for (const auto& row : rows) known.emplace(row.sku, &row);
    std::vector<Offers> out;
    for (const auto& basket : baskets) {
        Offers offers;
        for (const auto& sku : basket)
            if (const auto found = known.find(sku); found != known.end())
                offers.emplace(sku, Offer{{found->second->price_amount, found->second->currency},
                                          found->second->status == ProductStatus::published});
        out.push_back(std::move(offers));
    }
    co_return out;
}

std::vector<Sku> PgCatalogue::worth_asking(const Basket& basket, const Offers& offers) {
    const auto now = std::chrono::steady_clock::now();
    std::vector<Sku> out;
    for (const auto& sku : skus_of(basket)) {
        if (offers.contains(sku)) continue;
        const auto unknown = unknown_until_.find(sku);
        if (unknown == unknown_until_.end() || unknown->second < now) out.push_back(sku);
    }
    return out;
}

/// False when product-service gave no answer. What it knows is in the copy afterwards, under the version it
/// has there; what it does not know is remembered for a moment, so that made-up SKUs do not become a load on
/// it.
awaitable<bool> PgCatalogue::read_through(std::vector<Sku> skus, std::string traceparent) {
    std::string target = "/api/v1/products/by-sku?skus=";
    for (const auto& sku : skus) target += (target.back() == '=' ? "" : ",") + sku.value;
    std::optional<Offered> offered;
    try {
        const auto response = co_await product_service_.send(
            {.target = target, .trace = platform::telemetry::Trace::parse(traceparent)},
            config_.product_service_timeout);
        const auto json = platform::contract::parse(response.body);
        if (response.status == 200 && json) {
            auto read = platform::contract::read<Offered>(*json, platform::contract::Unknown::ignore);
            if (read) offered = std::move(*read);
        }
        if (!offered)
            platform::telemetry::log_error("product-service gave an answer that is not its contract",
                                           {{"status", response.status}});
    } catch (const platform::Unavailable& gone) {
        platform::telemetry::log_warn("product-service does not answer", {{"why", gone.what()}});
    }
    if (!offered) co_return false;

    std::set<Sku> known;
    for (const auto& one : offered->items) known.insert(one.sku);
    const auto until = std::chrono::steady_clock::now() + config_.unknown_for;
    if (unknown_until_.size() + skus.size() > config_.unknown_max) unknown_until_.clear();
    for (const auto& sku : skus)
        if (!known.contains(sku)) unknown_until_[sku] = until;
    auto tx = co_await pool_.begin();
    write(tx, offered->items);
    co_await tx.commit();
    co_return true;
}

awaitable<void> PgCatalogue::stop() {
    reads_.stop();
    co_return;
}

}  // namespace shop::order
