#include "services/user-service/app/domain/user.hpp"

#include <utility>

namespace shop::user {

Registration register_customer(UserId id, Email email, Name name, std::string password_hash, Time now) {
    return {User{id, std::move(email), std::move(name), UserRole::customer, std::move(password_hash), now},
            UserRegistered{id}};
}

Registration register_administrator(UserId id, Email email, std::string password_hash, Time now) {
    return {User{id, std::move(email), Name{"Administrator"}, UserRole::admin, std::move(password_hash), now},
            UserRegistered{id}};
}

}  // namespace shop::user
