#include "platform/auth/password_hasher.hpp"
#include "platform/service/run.hpp"
#include "platform/telemetry/log.hpp"
#include "services/user-service/app/application/accounts.hpp"
#include "services/user-service/app/infrastructure/argon2_passwords.hpp"
#include "services/user-service/app/infrastructure/jwt_tokens.hpp"
#include "services/user-service/app/infrastructure/pg_users.hpp"
#include "services/user-service/app/presentation/routes.hpp"
#include "services/user-service/config.hpp"

using platform::service::Host;

std::span<const platform::postgres::Migration> platform_messaging_migrations();
std::span<const platform::postgres::Migration> user_service_migrations();

namespace shop::user {

namespace {

awaitable<void> make_administrator(Ports ports, Email email, std::string password) {
    const auto outcome = co_await ensure_administrator(ports, std::move(email), std::move(password));
    if (outcome == Administrator::created) platform::telemetry::log_info("administrator created");
    if (outcome == Administrator::address_belongs_to_a_customer)
        platform::telemetry::log_error("SHOP_ADMIN_EMAIL belongs to a customer, who is not promoted");
}

void compose(Host& host, const Config& config) {
    auto& relay = host.add_relay({});  // Nobody listens to UserRegistered yet.
    const auto committed = [&relay] { relay.wake(); };
    auto& users = host.add<PgUsers>(host.request_pool(), host.ids(), committed);
    // Nobody waits for the work of the start, which would rather wait for a connection than fail.
    auto& users_at_start = host.add<PgUsers>(host.pool(), host.ids(), committed);
    auto& hasher = host.add<platform::auth::PasswordHasher>(platform::auth::PasswordConfig{});
    auto& passwords = host.add<Argon2Passwords>(hasher);
    auto& signer = host.add<platform::auth::Signer>(*config.jwt_private_key);
    const TokenTerms terms{config.jwt_issuer, config.jwt_audience,
                           std::chrono::seconds{config.access_token_s}};
    auto& tokens = host.add<JwtTokens>(signer, host.verifier(), terms, host.clock().now());

    const Ports ports{&users, &passwords, &tokens, &host.clock(), &host.ids()};
    Ports at_start = ports;
    at_start.users = &users_at_start;
    if (config.admin_email)
        host.at_start(
            [ports = at_start, email = *config.admin_email, password = config.admin_password->reveal()] {
                return make_administrator(ports, email, password);
            });
    add_routes(host.add_api(api_info(), ports));
}

}  // namespace

}  // namespace shop::user

int main() {
    return platform::service::run(
        "user-service", {platform_messaging_migrations(), user_service_migrations()}, &shop::user::compose);
}
