#include "platform/messaging/consumer.hpp"
#include "platform/service/run.hpp"
#include "services/inventory-service/app/config.hpp"
#include "services/inventory-service/app/infrastructure/pg_stock.hpp"
#include "services/inventory-service/app/infrastructure/pg_stock_reads.hpp"
#include "services/inventory-service/app/presentation/routes.hpp"
#include "services/inventory-service/app/presentation/subscriptions.hpp"

std::span<const platform::postgres::Migration> platform_messaging_migrations();
std::span<const platform::postgres::Migration> inventory_parts_migrations();

namespace shop::inventory {
namespace {

namespace messaging = platform::messaging;

void compose(platform::service::Host& host, const Config& config) {
    auto& relay = host.add_relay(subscribers());
    auto& inbox = host.add<messaging::Inbox>("inventory.orders", host.metrics());
    const auto committed = [&relay] { relay.wake(); };
    auto& stock = host.add<PgStock>(host.pool(), inbox, host.ids(), committed);
    auto& asked_stock = host.add<PgStock>(host.request_pool(), inbox, host.ids(), committed);
    auto& reads = host.add<PgStockReads>(host.request_pool());
    const Ports ports{&stock, &host.ids()};

    messaging::ConsumerConfig limits;
    limits.batch_max = static_cast<std::size_t>(config.batch_max);
    limits.prefetch = 2 * limits.batch_max;
    auto* pool = &host.pool();
    host.add<messaging::Consumer>(
        host.io(), host.broker(), limits,
        orders(ports).handlers(
            [&inbox, pool](platform::Uuid id) { return inbox.begin_attempt(*pool, id); },
            [&inbox, pool](platform::Uuid id) { return inbox.forgive_attempt(*pool, id); }),
        host.metrics());
    add_routes(host.add_api(api_info(), RoutePorts{{&asked_stock, &host.ids()}, &reads}));
}

}  // namespace
}  // namespace shop::inventory

int main() {
    return platform::service::run<shop::inventory::Config>(
        "inventory-service", {platform_messaging_migrations(), inventory_parts_migrations()},
        &shop::inventory::compose);
}
