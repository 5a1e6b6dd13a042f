#pragma once

#include "services/user-service/app/application/ports.hpp"

namespace shop::user {

struct NewAccount {
    Email email;
    Name name;
    std::string password;
};

/// Refused with email_taken. `traceparent` travels with the event.
awaitable<Result<User>> register_account(Ports ports, NewAccount account, std::string traceparent);

/// Refused with wrong_credentials, whatever it was that did not fit.
awaitable<Result<AccessToken>> log_in(Ports ports, Email email, std::string password);

/// Refused with user_not_found when the account went away while its token lived on.
awaitable<Result<User>> profile(Ports ports, UserId id);

enum class Administrator { created, present, address_belongs_to_a_customer };

/// Makes the first administrator unless the address already has an account. An existing customer is not
/// promoted: whoever registered the address first would otherwise become an administrator.
awaitable<Administrator> ensure_administrator(Ports ports, Email email, std::string password);

}  // namespace shop::user
