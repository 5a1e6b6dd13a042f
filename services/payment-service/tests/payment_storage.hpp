#pragma once

#include <boost/asio/io_context.hpp>

#include "platform/postgres/migrate.hpp"
#include "platform/postgres/pool.hpp"
#include "platform/service/run.hpp"
#include "platform/telemetry/metrics.hpp"
#include "platform/testing/database.hpp"
#include "platform/testing/run.hpp"
#include "services/payment-service/app/application/handle_requests.hpp"
#include "services/payment-service/app/infrastructure/pg_payment_reads.hpp"
#include "services/payment-service/app/infrastructure/pg_payments.hpp"
#include "services/payment-service/tests/fakes.hpp"

std::span<const platform::postgres::Migration> platform_messaging_migrations();
std::span<const platform::postgres::Migration> payment_parts_migrations();

namespace shop::payment {

/// A database of its own with this service's schema.
class PaymentDatabase : public platform::testing::Database {
  public:
    PaymentDatabase() {
        platform::postgres::migrate(url(), platform::service::in_order({platform_messaging_migrations(),
                                                                        payment_parts_migrations()}));
    }
    /// Whether any connection to this database waits for another one's lock.
    bool somebody_waits() {
        return value(
                   "select count(*) from pg_stat_activity where datname = current_database() and "
                   "wait_event_type = 'Lock'") != "0";
    }
};

/// The service's storage on a database of its own, and a provider that says what the test wants.
struct Storage {
    template <class T>
    T run(awaitable<T> coroutine, std::chrono::milliseconds limit = std::chrono::seconds{10}) {
        return platform::testing::run(io, std::move(coroutine), limit);
    }

    PaymentRequest message(PaymentMessage event) { return {ids.next(), std::move(event), "00-trace"}; }
    PaymentRequest charge(OrderId order) {
        return message(StockReserved{order, {2500, {"EUR"}}, {"pm_card_visa"}});
    }
    PaymentRequest undo(OrderId order) { return message(RefundPayment{order}); }
    void handle(std::vector<PaymentRequest> batch) { run(handle_requests(ports, std::move(batch))); }
    OrderId asked_to_charge() {
        const OrderId order{ids.next()};
        handle({charge(order)});
        return order;
    }
    std::string status(OrderId id) {
        return database.value("select status from payments where order_id = '" + id.text() + "'");
    }
    /// Ends all leases, as time would.
    void leases_pass() {
        database.execute(
            "update payments set leased_until = now() - interval '1 ms' where lease is not null");
    }

    PaymentDatabase database;
    boost::asio::io_context io;
    platform::telemetry::Metrics metrics;
    platform::RandomIds ids;
    platform::postgres::Pool pool{io, {.url = database.url(), .connections_max = 4}, metrics};
    platform::messaging::Inbox inbox{"payment.orders", metrics};
    int events = 0;
    int work = 0;
    std::function<void()> on_work;
    PgPayments store{pool,
                     inbox,
                     {[this] { ++events; },
                      [this] {
                          ++work;
                          if (on_work) on_work();
                      }}};
    PgPaymentReads reads{pool};
    ScriptedProvider provider;
    KeepingWorkforce workforce;
    Ports ports{&store, &provider, nullptr, &ids, {}, &workforce};
};

}  // namespace shop::payment
