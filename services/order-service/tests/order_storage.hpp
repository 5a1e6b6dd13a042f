#pragma once

#include <boost/asio/io_context.hpp>

#include "platform/postgres/migrate.hpp"
#include "platform/postgres/pool.hpp"
#include "platform/service/run.hpp"
#include "platform/telemetry/metrics.hpp"
#include "platform/testing/database.hpp"
#include "platform/testing/run.hpp"
#include "platform/testing/together.hpp"
#include "services/order-service/app/application/order_saga.hpp"
#include "services/order-service/app/infrastructure/pg_order_reads.hpp"
#include "services/order-service/app/infrastructure/pg_orders.hpp"

std::span<const platform::postgres::Migration> platform_messaging_migrations();
std::span<const platform::postgres::Migration> order_parts_migrations();

namespace shop::order {

/// A database of its own with this service's schema.
class OrderDatabase : public platform::testing::Database {
  public:
    OrderDatabase() {
        platform::postgres::migrate(
            url(), platform::service::in_order({platform_messaging_migrations(), order_parts_migrations()}));
    }

    /// Whether somebody waits for a lock that execute() holds: only an open transaction of ours can hold one.
    bool somebody_waits_for_us() {
        return value(
                   "select count(*) from pg_locks where not granted and pg_backend_pid() = "
                   "any(pg_blocking_pids(pid))") != "0";
    }
    /// Whether any connection to this database waits for another one's lock.
    bool somebody_waits() {
        return value(
                   "select count(*) from pg_stat_activity where datname = current_database() and "
                   "wait_event_type = 'Lock'") != "0";
    }
};

/// One replica's storage. Others can be made on the same database.
struct Replica {
    explicit Replica(boost::asio::io_context& context, const std::string& url)
        : io(context), pool{io, {.url = url, .connections_max = 4}, metrics} {}

    boost::asio::io_context& io;
    platform::telemetry::Metrics metrics;
    platform::postgres::Pool pool;
    platform::messaging::Inbox inbox{"order.saga", metrics};
    int commits = 0;
    PgOrders orders{io, pool, inbox, {}, [this] { ++commits; }};
};

/// The service's storage on a database of its own.
struct Storage {
    template <class T>
    T run(awaitable<T> work) {
        return platform::testing::run(io, std::move(work));
    }

    NewOrder new_order(UserId buyer, IdempotencyKey key = {}) {
        auto placed = place(saga, OrderId{ids.next()}, buyer,
                            {{{Sku{"MUG"}, 2, {1250, {"EUR"}}}}, "1 Main Street", "pm_card_visa"}, now);
        auto& [decision, total] = *placed;
        NewOrder order{.order = decision.order,
                       .total = total,
                       .shipping_address = "1 Main Street",
                       .payment_method = "pm_card_visa",
                       .changes = {},
                       .key = std::move(key),
                       .placed_at = now};
        order.changes.history = decision.history;
        order.changes.events.push_back({ids.next(), decision.events.at(0), "00-trace"});
        return order;
    }
    OrderId placed(UserId buyer) { return run(replica.orders.commit(new_order(buyer)))->id; }
    std::string status(OrderId id) {
        return database.value("select status from orders where id = '" + id.text() + "'");
    }

    OrderDatabase database;
    boost::asio::io_context io;
    Replica replica{io, database.url()};
    platform::RandomIds ids;
    platform::SystemClock clock;
    SagaTable saga = order_saga();
    Time now{std::chrono::hours{12}};  // A replica's clock may be anywhere.
    PgOrderReads reads{replica.pool};
    const UserId ada{ids.next()};
    const UserId bob{ids.next()};
    Ports ports{&replica.orders, nullptr, nullptr, &clock, &ids, &saga};
};

}  // namespace shop::order
