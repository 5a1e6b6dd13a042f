#pragma once

#include <boost/describe/enum.hpp>

namespace shop {

enum class UserRole { customer, admin };
BOOST_DESCRIBE_ENUM(UserRole, customer, admin)

}  // namespace shop
