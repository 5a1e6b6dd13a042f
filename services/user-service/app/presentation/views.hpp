#pragma once

#include <boost/describe/class.hpp>

#include "platform/contract/types.hpp"
#include "services/user-service/app/domain/user.hpp"

/// What goes over the wire, and so what the OpenAPI document says.
namespace shop::user {

struct Register {
    Email email;
    NewPassword password;
    Name name;
};
BOOST_DESCRIBE_STRUCT(Register, (), (email, password, name))

/// Any password may be tried: rules for new ones are no business of somebody who logs in with an old one.
struct LogIn {
    Email email;
    platform::contract::Secret<1, 128> password;
};
BOOST_DESCRIBE_STRUCT(LogIn, (), (email, password))

struct TokenView {
    std::string access_token;
    std::string token_type;
    std::int64_t expires_in = 0;  // Seconds.
};
BOOST_DESCRIBE_STRUCT(TokenView, (), (access_token, token_type, expires_in))

struct UserView {
    UserId id;
    std::string email;
    std::string name;
    UserRole role{};
    Time created_at;
};
BOOST_DESCRIBE_STRUCT(UserView, (), (id, email, name, role, created_at))

}  // namespace shop::user
