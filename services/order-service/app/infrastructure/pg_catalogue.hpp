#pragma once

#include <chrono>
#include <map>

#include "platform/http/client.hpp"
#include "platform/messaging/inbox.hpp"
#include "platform/postgres/batcher.hpp"
#include "platform/postgres/pool.hpp"
#include "services/order-service/app/application/catalogue_changes.hpp"

namespace shop::order {

struct CatalogueConfig {
    std::chrono::milliseconds product_service_timeout{1'500};
    std::chrono::milliseconds unknown_for{2'000};  // How long a SKU that nobody knows is not asked for again.
    std::size_t unknown_max = 10'000;
};

/// The price copy on PostgreSQL. SKUs that it does not have are read through from product-service, in one
/// call per basket.
class PgCatalogue final : public Catalogue, public CatalogueCopy {
  public:
    PgCatalogue(boost::asio::io_context& io, platform::postgres::Pool& pool,
                platform::messaging::Inbox& inbox, platform::http::Client& product_service,
                platform::postgres::BatcherConfig batches, CatalogueConfig config = {});

    /// product_unknown names every SKU that is not on sale; catalogue_unavailable when a SKU is not in the
    /// copy and product-service does not answer: that is our trouble, not the buyer's.
    awaitable<std::expected<PricedBasket, platform::http::Refused<Refusal>>> price(
        Basket basket, std::string traceparent) override;

    awaitable<void> apply(std::vector<CatalogueMessage> batch) override;

    /// On the io_context, which alone may touch what waits.
    awaitable<void> stop();

  private:
    struct Offer {
        Money price;
        bool on_sale = false;
    };
    using Offers = std::map<Sku, Offer>;

    awaitable<Offers> read(std::vector<Sku> skus);
    awaitable<std::vector<Offers>> read_all(std::vector<std::vector<Sku>> baskets);
    awaitable<bool> read_through(std::vector<Sku> skus, std::string traceparent);
    std::vector<Sku> worth_asking(const Basket& basket, const Offers& offers);

    platform::postgres::Pool& pool_;
    platform::messaging::Inbox& inbox_;
    platform::http::Client& product_service_;
    CatalogueConfig config_;
    platform::postgres::Batcher<std::vector<Sku>, Offers> reads_;
    std::map<Sku, std::chrono::steady_clock::time_point> unknown_until_;
};

}  // namespace shop::order
