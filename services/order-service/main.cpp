#include "platform/base/crash_point.hpp"
#include "platform/service/run.hpp"
#include "services/order-service/app/application/handle_replies.hpp"
#include "services/order-service/app/application/order_saga.hpp"
#include "services/order-service/app/config.hpp"
#include "services/order-service/app/infrastructure/pending_limit.hpp"
#include "services/order-service/app/infrastructure/pg_catalogue.hpp"
#include "services/order-service/app/infrastructure/pg_order_reads.hpp"
#include "services/order-service/app/infrastructure/pg_orders.hpp"
#include "services/order-service/app/infrastructure/pg_outcomes.hpp"
#include "services/order-service/app/presentation/routes.hpp"
#include "services/order-service/app/presentation/subscriptions.hpp"
#include "shared/app/crash_points.hpp"

std::span<const platform::postgres::Migration> platform_messaging_migrations();
std::span<const platform::postgres::Migration> order_parts_migrations();

namespace shop::order {
namespace {

using platform::service::Host;
using platform::service::Periodic;

SagaTable table_of(const Config& config) {
    return order_saga(
        {config.reserve_stock_ms, config.take_payment_ms, config.undo_again_ms, config.undo_again_max_ms});
}

/// One batch a turn, the next at once as long as there is one.
awaitable<Periodic::Next> sweep(Ports ports, std::size_t batch_max) {
    const auto swept = co_await sweep_deadlines(ports, batch_max);
    co_return swept < batch_max ? Periodic::Next::after_interval : Periodic::Next::at_once;
}

void compose(Host& host, const Config& config) {
    using namespace std::chrono_literals;
    auto& io = host.io();
    auto& pool = host.pool();
    const auto batch_max = static_cast<std::size_t>(config.batch_max);
    // Somebody waits for each of these: with the database frozen they shall hear so within two seconds.
    const platform::postgres::BatcherConfig batches{.batch_max = batch_max, .wait_ms = 1'500ms};

    auto& relay = host.add_relay(subscribers());
    auto& replies_inbox = host.add_inbox("order.saga");
    auto& catalogue_inbox = host.add_inbox("order.catalogue");
    auto& product_service = host.add<platform::http::Client>(
        io, platform::http::ClientConfig{.base_url = config.product_url->text()});
    const auto committed = [&relay] { relay.wake(); };
    auto& orders = host.add<PgOrders>(io, pool, replies_inbox, batches, committed);
    auto& asked_orders = host.add<PgOrders>(io, host.request_pool(), replies_inbox, batches, committed);
    auto& catalogue = host.add<PgCatalogue>(io, pool, catalogue_inbox, product_service, batches);
    auto& limit = host.add<PendingLimit>(pool, AdmissionConfig{config.pending_max, config.cancelling_max},
                                         host.metrics());
    auto& saga = host.add<SagaTable>(table_of(config));
    auto& reads = host.add<PgOrderReads>(host.request_pool());
    auto& outcomes = host.add<PgOutcomes>(io, pool, static_cast<std::size_t>(config.waiting_max));
    const Ports ports{&orders, &catalogue, &limit, &host.clock(), &host.ids(), &saga};
    Ports asked = ports;
    asked.orders = &asked_orders;

    host.add_consumer(saga_replies(ports), replies_inbox, batch_max);
    host.add_consumer(catalogue_changes(catalogue), catalogue_inbox, batch_max);
    host.repeat({"admission", 100ms, "orders are admitted by the last count"},
                [&limit] { return limit.sample(); });
    host.repeat({"outcomes", 20ms, "who waits for an outcome is answered at the end of the wait"},
                [&outcomes] { return outcomes.look(); });
    host.repeat({"deadlines", config.sweep_ms, "orders past their deadline stay open"},
                [ports, batch_max] { return sweep(ports, batch_max); });
    host.maintain({{.name = "order_history"}});
    host.prune("idempotency_keys", prune_keys, std::chrono::hours{config.idempotency_retention_h});
    add_routes(host.add_api(api_info(), RoutePorts{asked, &reads, &outcomes}));
}

}  // namespace
}  // namespace shop::order

int main() {
    ARM_CRASH_POINTS("order-service", shop::crash_points);
    return platform::service::run<shop::order::Config>(
        "order-service", {platform_messaging_migrations(), order_parts_migrations()}, &shop::order::compose);
}
