#include "services/user-service/app/domain/user.hpp"

#include <gtest/gtest.h>

namespace shop::user {
namespace {

const UserId id = *UserId::parse("01932f4a-7c00-7000-8000-000000000001");
const Time now{std::chrono::seconds{1'800'000'000}};

TEST(User, who_registers_is_a_customer) {
    const auto [user, event] = register_customer(id, {"Ada@Example.org"}, {"Ada"}, "$argon2id$x", now);
    EXPECT_EQ(user, (User{id, {"Ada@Example.org"}, {"Ada"}, UserRole::customer, "$argon2id$x", now}));
    EXPECT_EQ(event.user_id, id);
}

TEST(User, only_the_other_way_in_makes_an_administrator) {
    const auto [user, event] = register_administrator(id, {"root@example.org"}, "$argon2id$x", now);
    EXPECT_EQ(user.role, UserRole::admin);
    EXPECT_EQ(event.user_id, id);
}

}  // namespace
}  // namespace shop::user
