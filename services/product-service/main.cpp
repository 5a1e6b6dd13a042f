#include "platform/service/run.hpp"
#include "services/product-service/app/config.hpp"
#include "services/product-service/app/infrastructure/no_cache.hpp"
#include "services/product-service/app/infrastructure/pg_products.hpp"
#include "services/product-service/app/infrastructure/pg_reader.hpp"
#include "services/product-service/app/presentation/routes.hpp"
#include "services/product-service/app/presentation/subscriptions.hpp"

std::span<const platform::postgres::Migration> platform_messaging_migrations();
std::span<const platform::postgres::Migration> product_parts_migrations();

namespace shop::product {
namespace {

using platform::service::Host;

void compose(Host& host, const Config&) {
    auto& relay = host.add_relay(subscribers());
    auto& products = host.add<PgProducts>(host.pool(), [&relay] { relay.wake(); });
    auto& reader = host.add<PgReader>(host.pool());
    auto& cache = host.add<NoCache>();
    add_routes(host.add_api(api_info(), Ports{&products, &products, &reader, &cache, &host.ids()}));
}

}  // namespace
}  // namespace shop::product

int main() {
    return platform::service::run<shop::product::Config>(
        "product-service", {platform_messaging_migrations(), product_parts_migrations()},
        &shop::product::compose);
}
