#include "services/user-service/app/infrastructure/pg_users.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/postgres/check.hpp"
#include "services/user-service/tests/user_database.hpp"

namespace shop::user {
namespace {

const Time now{std::chrono::seconds{1'800'000'000} + std::chrono::microseconds{123'456}};

class PgUsersTest : public testing::Test {
  protected:
    template <class T>
    T run(awaitable<T> work) {
        return platform::testing::run(io, std::move(work));
    }
    Registration registration(std::string email) {
        return register_customer(UserId{ids.next()}, {std::move(email)}, {"Ada"}, "$argon2id$x", now);
    }

    UserDatabase database;
    platform::telemetry::Metrics metrics;
    boost::asio::io_context io;
    platform::postgres::Pool pool{io, {.url = database.url(), .connections_max = 4}, metrics};
    platform::RandomIds ids;
    int commits = 0;
    PgUsers users{pool, ids, [this] { ++commits; }};
};

TEST_F(PgUsersTest, statements_fit_the_schema) {
    EXPECT_THAT(platform::postgres::check_statements(database.url(), {"user."}), testing::IsEmpty());
}

TEST_F(PgUsersTest, an_account_comes_back_as_it_was_added) {
    const auto added = registration("Ada@Example.org");
    ASSERT_TRUE(run(users.add(added, "00-trace")));
    EXPECT_EQ(run(users.find(Email{"ada@EXAMPLE.org"})), added.user);
    EXPECT_EQ(run(users.find(added.user.id)), added.user);
    EXPECT_EQ(run(users.find(Email{"eve@example.org"})), std::nullopt);
    EXPECT_EQ(run(users.find(UserId{ids.next()})), std::nullopt);
}

TEST_F(PgUsersTest, the_event_commits_with_the_account) {
    const auto added = registration("ada@example.org");
    ASSERT_TRUE(run(users.add(added, "00-trace")));
    EXPECT_EQ(commits, 1);
    const auto rows = database.execute("select type, subject, data, traceparent from outbox");
    const std::string id = added.user.id.text();
    EXPECT_EQ(rows, (std::vector<std::vector<std::string>>{
                        {"UserRegistered", id, R"({"user_id":")" + id + R"("})", "00-trace"}}));
}

TEST_F(PgUsersTest, a_second_account_for_an_address_is_refused_and_tells_nobody) {
    ASSERT_TRUE(run(users.add(registration("ada@example.org"), {})));
    EXPECT_EQ(run(users.add(registration("ADA@example.org"), {})).error(), Refusal::email_taken);
    EXPECT_EQ(commits, 1);
    EXPECT_EQ(database.value("select count(*) from outbox"), "1");
    EXPECT_EQ(database.value("select count(*) from users"), "1");
}

TEST_F(PgUsersTest, a_hash_is_renewed_only_if_it_is_still_the_one_that_was_checked) {
    const auto added = registration("ada@example.org");
    ASSERT_TRUE(run(users.add(added, {})));
    run(users.renew_hash(added.user.id, "$argon2id$other", "$argon2id$y"));
    EXPECT_EQ(run(users.find(added.user.id))->password_hash, "$argon2id$x");
    run(users.renew_hash(added.user.id, "$argon2id$x", "$argon2id$y"));
    EXPECT_EQ(run(users.find(added.user.id))->password_hash, "$argon2id$y");
}

TEST_F(PgUsersTest, the_schema_takes_no_password_that_is_not_hashed) {
    auto plain = registration("ada@example.org");
    plain.user.password_hash = "correct horse";
    EXPECT_THROW(run(users.add(plain, {})), platform::postgres::Error);
}

TEST_F(PgUsersTest, without_a_database_everything_is_unavailable) {
    pool.stop();
    EXPECT_THROW(run(users.add(registration("ada@example.org"), {})), platform::Unavailable);
    EXPECT_THROW(run(users.find(Email{"ada@example.org"})), platform::Unavailable);
}

}  // namespace
}  // namespace shop::user
