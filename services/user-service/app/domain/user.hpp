#pragma once

#include <string>

#include "platform/base/time.hpp"
#include "platform/contract/types.hpp"
#include "shared/app/enums/user_role.hpp"
#include "shared/app/schemas/ids.hpp"
#include "shared/app/schemas/user_events.hpp"

namespace shop::user {

using platform::Time;
using platform::contract::Email;
using NewPassword = platform::contract::Secret<8, 128>;
using Name = platform::contract::Text<1, 100>;

/// An account. Its address is kept as its owner wrote it; two that differ only in case are one account.
struct User {
    UserId id;
    Email email;
    Name name;
    UserRole role = UserRole::customer;
    std::string password_hash;
    Time created_at;

    bool operator==(const User&) const = default;
};

/// A new account and what the other services are told about it.
struct Registration {
    User user;
    UserRegistered event;
};

/// Whoever registers is a customer. The role never comes from outside.
Registration register_customer(UserId id, Email email, Name name, std::string password_hash, Time now);

/// Only configuration makes an administrator.
Registration register_administrator(UserId id, Email email, std::string password_hash, Time now);

}  // namespace shop::user
