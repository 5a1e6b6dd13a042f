#include "services/user-service/app/application/accounts.hpp"

#include "platform/base/errors.hpp"

namespace shop::user {

namespace {

/// A login with the right password is the only moment at which a hash can be renewed. That it could not be is
/// no reason to refuse the login; the next one tries again.
awaitable<void> renew(Ports ports, User user, std::string password) {
    try {
        std::string renewed = co_await ports.passwords->hash(std::move(password));
        co_await ports.users->renew_hash(user.id, std::move(user.password_hash), std::move(renewed));
    } catch (const platform::Unavailable&) {
        co_return;
    }
}

}  // namespace

awaitable<Result<User>> register_account(Ports ports, NewAccount account, std::string traceparent) {
    // Hashed before anybody knows whether the address is free: the time of the answer tells no more than its
    // text.
    std::string hash = co_await ports.passwords->hash(std::move(account.password));
    auto registration = register_customer(UserId{ports.ids->next()}, std::move(account.email),
                                          std::move(account.name), std::move(hash), ports.clock->now());
    const auto added = co_await ports.users->add(registration, std::move(traceparent));
    if (!added) co_return std::unexpected(added.error());
    co_return std::move(registration.user);
}

awaitable<Result<AccessToken>> log_in(Ports ports, Email email, std::string password) {
    auto user = co_await ports.users->find(std::move(email));
    std::optional<std::string> stored;
    if (user) stored = user->password_hash;
    const auto verdict = co_await ports.passwords->check(password, std::move(stored));
    if (!user || !verdict.matches) co_return std::unexpected(Refusal::wrong_credentials);
    if (verdict.stale) co_await renew(ports, *user, std::move(password));
    co_return ports.tokens->issue(*user, ports.ids->next(), ports.clock->now());
}

awaitable<Result<User>> profile(Ports ports, UserId id) {
    auto user = co_await ports.users->find(id);
    if (!user) co_return std::unexpected(Refusal::user_not_found);
    co_return std::move(*user);
}

awaitable<Administrator> ensure_administrator(Ports ports, Email email, std::string password) {
    auto present = co_await ports.users->find(email);
    if (!present) {
        std::string hash = co_await ports.passwords->hash(std::move(password));
        auto registration =
            register_administrator(UserId{ports.ids->next()}, email, std::move(hash), ports.clock->now());
        const auto added = co_await ports.users->add(std::move(registration), {});
        if (added) co_return Administrator::created;
        // Another replica, or a customer, was faster.
        present = co_await ports.users->find(std::move(email));
    }
    if (present && present->role == UserRole::admin) co_return Administrator::present;
    co_return Administrator::address_belongs_to_a_customer;
}

}  // namespace shop::user
