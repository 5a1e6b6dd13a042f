#include "platform/service/run.hpp"
#include "services/product-service/app/config.hpp"
#include "services/product-service/app/infrastructure/no_cache.hpp"
#include "services/product-service/app/infrastructure/pg_products.hpp"
#include "services/product-service/app/infrastructure/pg_reader.hpp"
#include "services/product-service/app/infrastructure/redis_details.hpp"
#include "services/product-service/app/presentation/routes.hpp"
#include "services/product-service/app/presentation/subscriptions.hpp"

std::span<const platform::postgres::Migration> platform_messaging_migrations();
std::span<const platform::postgres::Migration> product_parts_migrations();

namespace shop::product {
namespace {

using platform::service::Host;

DetailsCache& add_cache(Host& host, const Config& config) {
    if (!config.redis_url) return host.add<NoCache>();
    platform::cache::RedisConfig limits;
    limits.url = config.redis_url->text();
    return host.add<RedisDetails>(host.add<platform::cache::Redis>(host.io(), limits, host.metrics()));
}

void compose(Host& host, const Config& config) {
    auto& relay = host.add_relay(subscribers());
    auto& products = host.add<PgProducts>(host.request_pool(), [&relay] { relay.wake(); });
    auto& reader = host.add<PgReader>(host.request_pool());
    auto& cache = add_cache(host, config);
    add_routes(host.add_api(api_info(), Ports{&products, &products, &reader, &cache, &host.ids()}));
}

}  // namespace
}  // namespace shop::product

int main() {
    return platform::service::run<shop::product::Config>(
        "product-service", {platform_messaging_migrations(), product_parts_migrations()},
        &shop::product::compose);
}
