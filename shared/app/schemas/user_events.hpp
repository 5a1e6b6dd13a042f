#pragma once

#include <boost/describe/class.hpp>
#include <string_view>

#include "shared/app/schemas/ids.hpp"

/// Published by user-service. Subject: the user id. Carries no personal data: an event outlives an erasure.
namespace shop {

struct UserRegistered {
    static constexpr std::string_view type = "UserRegistered";
    UserId user_id;

    bool operator==(const UserRegistered&) const = default;
};
BOOST_DESCRIBE_STRUCT(UserRegistered, (), (user_id))

}  // namespace shop
