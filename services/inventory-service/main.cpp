#include "platform/base/crash_point.hpp"
#include "platform/service/run.hpp"
#include "services/inventory-service/app/config.hpp"
#include "services/inventory-service/app/infrastructure/pg_stock.hpp"
#include "services/inventory-service/app/infrastructure/pg_stock_reads.hpp"
#include "services/inventory-service/app/presentation/routes.hpp"
#include "services/inventory-service/app/presentation/subscriptions.hpp"
#include "shared/app/crash_points.hpp"

std::span<const platform::postgres::Migration> platform_messaging_migrations();
std::span<const platform::postgres::Migration> inventory_parts_migrations();

namespace shop::inventory {
namespace {

void compose(platform::service::Host& host, const Config& config) {
    auto& relay = host.add_relay(subscribers());
    auto& inbox = host.add_inbox("inventory.orders");
    const auto committed = [&relay] { relay.wake(); };
    auto& stock = host.add<PgStock>(host.pool(), inbox, host.ids(), committed);
    auto& asked_stock = host.add<PgStock>(host.request_pool(), inbox, host.ids(), committed);
    auto& reads = host.add<PgStockReads>(host.request_pool());
    const Ports ports{&stock, &host.ids()};

    host.add_consumer(orders(ports), inbox, static_cast<std::size_t>(config.batch_max));
    add_routes(host.add_api(api_info(), RoutePorts{{&asked_stock, &host.ids()}, &reads}));
}

}  // namespace
}  // namespace shop::inventory

int main() {
    ARM_CRASH_POINTS("inventory-service", shop::crash_points);
    return platform::service::run<shop::inventory::Config>(
        "inventory-service", {platform_messaging_migrations(), inventory_parts_migrations()},
        &shop::inventory::compose);
}
