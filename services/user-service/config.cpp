#include "services/user-service/config.hpp"

#include "platform/config/load.hpp"
#include "services/user-service/app/domain/user.hpp"

namespace shop::user {

void Config::check() const {
    if (admin_email.has_value() != admin_password.has_value())
        throw platform::config::ConfigError(
            {"SHOP_ADMIN_EMAIL and SHOP_ADMIN_PASSWORD go together, or neither"});
    if (admin_password && !platform::contract::read_text<NewPassword>(admin_password->reveal()))
        throw platform::config::ConfigError({"SHOP_ADMIN_PASSWORD must have 8 to 128 characters"});
}

}  // namespace shop::user
