#include "platform/base/crash_point.hpp"
#include "platform/service/run.hpp"
#include "services/payment-service/app/config.hpp"
#include "services/payment-service/app/infrastructure/pg_payment_reads.hpp"
#include "services/payment-service/app/infrastructure/pg_payments.hpp"
#include "services/payment-service/app/infrastructure/stripe.hpp"
#include "services/payment-service/app/infrastructure/workers.hpp"
#include "services/payment-service/app/presentation/routes.hpp"
#include "services/payment-service/app/presentation/subscriptions.hpp"
#include "shared/app/crash_points.hpp"

std::span<const platform::postgres::Migration> platform_messaging_migrations();
std::span<const platform::postgres::Migration> payment_parts_migrations();

namespace shop::payment {
namespace {

void compose(platform::service::Host& host, const Config& config) {
    auto& io = host.io();
    const auto batch_max = static_cast<std::size_t>(config.batch_max);
    const auto payments_max = static_cast<std::size_t>(config.payments_max);

    // The store tells the workers of new work, and the workers need the store: this bell is hung up before
    // either.
    auto& bell = host.add<std::function<void()>>();
    auto& relay = host.add_relay(subscribers());
    auto& inbox = host.add_inbox("payment.orders");
    auto& payments = host.add<PgPayments>(
        host.pool(), inbox, Committed{.events = [&relay] { relay.wake(); }, .work = [&bell] { bell(); }});
    auto& client = host.add<platform::http::Client>(
        io, platform::http::ClientConfig{.base_url = config.provider_url->text(),
                                         .connections_max = payments_max,
                                         .request_ms = config.provider_ms});
    auto& provider = host.add<Stripe>(client, config.provider_key->reveal(), host.metrics());
    auto& reads = host.add<PgPaymentReads>(host.request_pool());
    Ports ports{&payments, &provider, nullptr, &host.ids(), {.retry = {}, .lease = config.lease_ms}};
    auto& recorder =
        host.add<GroupRecorder>(io, ports, platform::postgres::BatcherConfig{.batch_max = batch_max});
    ports.recorder = &recorder;
    auto& workers = host.add<Workers>(io, ports, WorkersConfig{.payments_max = payments_max}, host.metrics());
    bell = [&workers] { workers.wake(); };
    ports.workforce = &workers;

    host.add_consumer(requests(ports), inbox, batch_max);
    host.repeat({"payments", workers.poll(), "payments that other replicas left behind wait"},
                [&workers] { return workers.look(); });
    add_routes(host.add_api(api_info(), RoutePorts{&reads}));
}

}  // namespace
}  // namespace shop::payment

int main() {
    ARM_CRASH_POINTS("payment-service", shop::crash_points);
    return platform::service::run<shop::payment::Config>(
        "payment-service", {platform_messaging_migrations(), payment_parts_migrations()},
        &shop::payment::compose);
}
