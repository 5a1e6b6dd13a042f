#pragma once

#include <optional>
#include <string>

#include "platform/base/awaitable.hpp"
#include "platform/base/clock.hpp"
#include "platform/base/ids.hpp"
#include "services/user-service/app/domain/refusal.hpp"
#include "services/user-service/app/domain/user.hpp"

namespace shop::user {

using platform::awaitable;

/// The accounts. Everything throws platform::Unavailable while the store is away.
struct Users {
    virtual ~Users() = default;

    /// Commits the account and its event together; refused with email_taken when the address has an account.
    virtual awaitable<Result<void>> add(Registration registration, std::string traceparent) = 0;
    virtual awaitable<std::optional<User>> find(Email email) = 0;
    virtual awaitable<std::optional<User>> find(UserId id) = 0;

    /// Puts a hash of today's parameters in the place of `former`; nothing if another login was faster.
    virtual awaitable<void> renew_hash(UserId id, std::string former, std::string renewed) = 0;
};

/// Hashing takes a while on purpose. Both throw platform::Unavailable when too many are waiting for it.
struct Passwords {
    struct Verdict {
        bool matches = false;
        bool stale = false;
    };

    virtual ~Passwords() = default;
    virtual awaitable<std::string> hash(std::string password) = 0;

    /// Takes as long with no stored hash as with one.
    virtual awaitable<Verdict> check(std::string password, std::optional<std::string> stored) = 0;
};

struct AccessToken {
    std::string text;
    std::chrono::seconds lifetime;
};

struct Tokens {
    virtual ~Tokens() = default;
    virtual AccessToken issue(const User& user, platform::Uuid token_id, Time now) = 0;

    /// The public keys that check these tokens, as a JSON web key set.
    virtual std::string key_set() const = 0;
};

struct Ports {
    Users* users;
    Passwords* passwords;
    Tokens* tokens;
    const platform::Clock* clock;
    platform::Ids* ids;
};

}  // namespace shop::user
