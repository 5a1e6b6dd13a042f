#include "services/user-service/app/application/accounts.hpp"

#include <gtest/gtest.h>

#include "platform/testing/run.hpp"
#include "services/user-service/tests/fakes.hpp"

namespace shop::user {
namespace {

class AccountsTest : public testing::Test {
  protected:
    template <class T>
    T run(awaitable<T> work) {
        boost::asio::io_context io;
        return platform::testing::run(io, std::move(work));
    }
    Result<User> ada() {
        return run(register_account(ports, {{"Ada@Example.org"}, {"Ada"}, "correct horse"}, "00-trace"));
    }

    MemoryUsers users;
    PlainPasswords passwords;
    PlainTokens tokens;
    SetClock clock;
    CountingIds ids;
    const Ports ports{&users, &passwords, &tokens, &clock, &ids};
};

TEST_F(AccountsTest, registering_stores_the_account_and_tells_of_it) {
    const auto user = ada();
    ASSERT_TRUE(user);
    EXPECT_EQ(user->role, UserRole::customer);
    EXPECT_EQ(user->created_at, clock.time);
    EXPECT_EQ(user->password_hash, "1:correct horse");
    EXPECT_EQ(users.users.at("ada@example.org"), *user);
    EXPECT_EQ(users.events, std::vector{UserRegistered{user->id}});
    EXPECT_EQ(users.traceparents, std::vector<std::string>{"00-trace"});
}

TEST_F(AccountsTest, an_address_has_one_account_in_whatever_case_it_is_written) {
    ASSERT_TRUE(ada());
    const auto again = run(register_account(ports, {{"aDA@example.ORG"}, {"Eve"}, "another one"}, {}));
    EXPECT_EQ(again.error(), Refusal::email_taken);
    EXPECT_EQ(users.events.size(), 1u);
    EXPECT_EQ(passwords.hashed, 2) << "the refusal must take as long as the success";
}

TEST_F(AccountsTest, the_right_password_gets_a_token) {
    const auto user = ada();
    const auto token = run(log_in(ports, {"ADA@example.org"}, "correct horse"));
    ASSERT_TRUE(token);
    EXPECT_EQ(token->text, "token of " + user->id.text());
}

TEST_F(AccountsTest, a_wrong_password_and_an_unknown_address_are_refused_alike) {
    ASSERT_TRUE(ada());
    const auto wrong = run(log_in(ports, {"ada@example.org"}, "wrong"));
    const auto unknown = run(log_in(ports, {"eve@example.org"}, "correct horse"));
    EXPECT_EQ(wrong.error(), Refusal::wrong_credentials);
    EXPECT_EQ(unknown.error(), Refusal::wrong_credentials);
    EXPECT_EQ(passwords.checked, 2) << "an unknown address costs a hash too";
}

TEST_F(AccountsTest, logging_in_renews_a_stale_hash) {
    ASSERT_TRUE(ada());
    passwords.generation = "2:";
    EXPECT_FALSE(run(log_in(ports, {"ada@example.org"}, "wrong")));
    EXPECT_EQ(users.users.at("ada@example.org").password_hash, "1:correct horse");
    EXPECT_TRUE(run(log_in(ports, {"ada@example.org"}, "correct horse")));
    EXPECT_EQ(users.users.at("ada@example.org").password_hash, "2:correct horse");
}

TEST_F(AccountsTest, a_hash_that_cannot_be_renewed_now_does_not_keep_anybody_out) {
    ASSERT_TRUE(ada());
    passwords.generation = "2:";
    passwords.busy = true;
    EXPECT_TRUE(run(log_in(ports, {"ada@example.org"}, "correct horse")));
    EXPECT_EQ(users.users.at("ada@example.org").password_hash, "1:correct horse");
}

TEST_F(AccountsTest, a_profile_is_gone_with_its_account) {
    const auto user = ada();
    EXPECT_EQ(*run(profile(ports, user->id)), *user);
    EXPECT_EQ(run(profile(ports, UserId{ids.next()})).error(), Refusal::user_not_found);
}

TEST_F(AccountsTest, the_first_administrator_is_made_once) {
    EXPECT_EQ(run(ensure_administrator(ports, {"root@example.org"}, "correct horse")),
              Administrator::created);
    EXPECT_EQ(users.users.at("root@example.org").role, UserRole::admin);
    EXPECT_EQ(run(ensure_administrator(ports, {"Root@example.org"}, "changed")), Administrator::present);
    EXPECT_EQ(users.users.at("root@example.org").password_hash, "1:correct horse")
        << "configuration makes an administrator; it does not reset one";
}

TEST_F(AccountsTest, a_customer_is_not_promoted_by_configuration) {
    ASSERT_TRUE(ada());
    EXPECT_EQ(run(ensure_administrator(ports, {"ada@example.org"}, "correct horse")),
              Administrator::address_belongs_to_a_customer);
    EXPECT_EQ(users.users.at("ada@example.org").role, UserRole::customer);
}

}  // namespace
}  // namespace shop::user
