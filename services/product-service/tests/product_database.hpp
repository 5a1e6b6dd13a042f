#pragma once

#include <boost/asio/io_context.hpp>

#include "platform/postgres/migrate.hpp"
#include "platform/postgres/pool.hpp"
#include "platform/service/run.hpp"
#include "platform/telemetry/metrics.hpp"
#include "platform/testing/database.hpp"
#include "platform/testing/run.hpp"
#include "services/product-service/app/infrastructure/pg_products.hpp"
#include "services/product-service/app/infrastructure/pg_reader.hpp"
#include "services/product-service/tests/fakes.hpp"

std::span<const platform::postgres::Migration> platform_messaging_migrations();
std::span<const platform::postgres::Migration> product_parts_migrations();

namespace shop::product {

/// A database of its own with this service's schema.
class ProductDatabase : public platform::testing::Database {
  public:
    ProductDatabase() {
        platform::postgres::migrate(url(), platform::service::in_order({platform_messaging_migrations(),
                                                                        product_parts_migrations()}));
    }
};

/// The service's storage on a database of its own, with a category to put products into.
struct Storage {
    Storage() {
        const Category all{category, Slug{"all"}, "Everything", std::nullopt};
        if (!run(products.add(all))) throw std::runtime_error("the first category was refused");
    }

    template <class T>
    T run(awaitable<T> work) {
        return platform::testing::run(io, std::move(work));
    }

    Content content(std::string slug, std::vector<std::string> skus, std::int64_t price = 100,
                    ProductStatus status = ProductStatus::published) const {
        Content out{Slug{std::move(slug)}, "Mug", "Holds coffee.", category, {}};
        for (auto& sku : skus)
            out.variants.push_back({Sku{sku}, {price, {"EUR"}}, {{"Colour", sku}}, status});
        return out;
    }

    ProductDatabase database;
    boost::asio::io_context io;
    platform::telemetry::Metrics metrics;
    platform::RandomIds ids;
    platform::postgres::Pool pool{io, {.url = database.url(), .connections_max = 4}, metrics};
    int commits = 0;
    PgProducts products{pool, [this] { ++commits; }};
    PgReader reader{pool};
    std::vector<std::string> log;
    MemoryCache cache{log};
    Ports ports{&products, &products, &reader, &cache, &ids};
    const CategoryId category{ids.next()};
};

}  // namespace shop::product
