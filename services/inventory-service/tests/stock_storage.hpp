#pragma once

#include <boost/asio/io_context.hpp>

#include "platform/postgres/migrate.hpp"
#include "platform/postgres/pool.hpp"
#include "platform/service/run.hpp"
#include "platform/telemetry/metrics.hpp"
#include "platform/testing/database.hpp"
#include "platform/testing/run.hpp"
#include "services/inventory-service/app/application/handle_orders.hpp"
#include "services/inventory-service/app/application/manage_stock.hpp"
#include "services/inventory-service/app/infrastructure/pg_stock.hpp"
#include "services/inventory-service/app/infrastructure/pg_stock_reads.hpp"

std::span<const platform::postgres::Migration> platform_messaging_migrations();
std::span<const platform::postgres::Migration> inventory_parts_migrations();

namespace shop::inventory {

/// A database of its own with this service's schema.
class StockDatabase : public platform::testing::Database {
  public:
    StockDatabase() {
        platform::postgres::migrate(url(), platform::service::in_order({platform_messaging_migrations(),
                                                                        inventory_parts_migrations()}));
    }
    /// Whether any connection to this database waits for another one's lock.
    bool somebody_waits() {
        return value(
                   "select count(*) from pg_stat_activity where datname = current_database() and "
                   "wait_event_type = 'Lock'") != "0";
    }
};

/// The service's storage on a database of its own.
struct Storage {
    template <class T>
    T run(awaitable<T> work) {
        return platform::testing::run(io, std::move(work));
    }

    using Lines = std::vector<std::pair<std::string, std::int64_t>>;

    InventoryMessage message(StockMessage event) { return {ids.next(), std::move(event), "00-trace"}; }
    InventoryMessage created(OrderId order, const Lines& lines) {
        OrderCreated event{order, {}, {}, {100, {"EUR"}}, {"pm_card_visa"}};
        for (const auto& [sku, quantity] : lines) event.lines.push_back({Sku{sku}, quantity, {100, {"EUR"}}});
        return message(std::move(event));
    }
    void handle(std::vector<InventoryMessage> batch) { run(handle_orders(ports, std::move(batch))); }
    StockRequest asked(std::string sku, std::string key = {}, std::string request_sha256 = {}) const {
        return {Sku{std::move(sku)}, admin, std::move(key), std::move(request_sha256)};
    }
    void put(const std::string& sku, std::int64_t on_hand) {
        if (!run(set_stock(ports, asked(sku), on_hand, "count"))) throw std::runtime_error("refused");
    }
    OrderId new_order() { return OrderId{ids.next()}; }

    const UserId admin{platform::RandomIds{}.next()};
    StockDatabase database;
    boost::asio::io_context io;
    platform::telemetry::Metrics metrics;
    platform::RandomIds ids;
    platform::postgres::Pool pool{io, {.url = database.url(), .connections_max = 8}, metrics};
    platform::messaging::Inbox inbox{"inventory.orders", metrics};
    int commits = 0;
    PgStock stock{pool, inbox, ids, [this] { ++commits; }};
    PgStockReads reads{pool};
    Ports ports{&stock, &ids};
};

}  // namespace shop::inventory
