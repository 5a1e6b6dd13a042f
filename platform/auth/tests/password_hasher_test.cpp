#include "platform/auth/password_hasher.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "platform/base/errors.hpp"

namespace platform::auth {
namespace {

namespace asio = boost::asio;
using Verdict = PasswordHasher::Verdict;

/// Small parameters, since these tests are about behaviour.
PasswordConfig quick() { return {.memory_kib = 64, .passes = 1}; }

template <class T>
T run(awaitable<T> work) {
    asio::io_context io;
    auto result = asio::co_spawn(io, std::move(work), asio::use_future);
    io.run();
    return result.get();
}

TEST(PasswordHasher, writes_a_phc_string_with_a_fresh_salt) {
    PasswordHasher hasher{PasswordConfig{}};
    const auto first = run(hasher.hash("correct horse"));
    EXPECT_TRUE(first.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << first;
    EXPECT_NE(first, run(hasher.hash("correct horse")));
}

TEST(PasswordHasher, knows_the_right_password_from_a_wrong_one) {
    PasswordHasher hasher{quick()};
    const auto stored = run(hasher.hash("correct horse"));
    EXPECT_TRUE(run(hasher.check("correct horse", stored)).matches);
    EXPECT_FALSE(run(hasher.check("correct horse", stored)).stale);
    EXPECT_FALSE(run(hasher.check("correct horsf", stored)).matches);
    EXPECT_FALSE(run(hasher.check("", stored)).matches);
    EXPECT_FALSE(run(hasher.check("correct horse", "not a hash")).matches);
}

TEST(PasswordHasher, never_matches_when_there_is_no_user) {
    PasswordHasher hasher{quick()};
    EXPECT_FALSE(run(hasher.check("no password hashes to this", std::nullopt)).matches);
}

TEST(PasswordHasher, calls_a_hash_with_other_parameters_stale) {
    PasswordHasher weak{quick()};
    const auto stored = run(weak.hash("correct horse"));
    PasswordHasher strong{{.memory_kib = 128, .passes = 2}};
    const Verdict verdict = run(strong.check("correct horse", stored));
    EXPECT_TRUE(verdict.matches);
    EXPECT_TRUE(verdict.stale);
    EXPECT_FALSE(run(strong.check("wrong", stored)).stale) << "only who knows the password renews it";
}

TEST(PasswordHasher, refuses_more_than_may_wait) {
    PasswordHasher hasher{{.memory_kib = 65'536, .passes = 1, .waiting_max = 1}};
    asio::io_context io;
    int done = 0, refused = 0;
    for (int i = 0; i < 10; ++i)
        asio::co_spawn(io, hasher.hash("correct horse"),
                       [&](std::exception_ptr error, std::string) { error ? ++refused : ++done; });
    io.run();
    EXPECT_EQ(done + refused, 10);
    EXPECT_GE(done, 1);
    EXPECT_GE(refused, 5);
}

TEST(PasswordHasher, refuses_what_waited_too_long) {
    PasswordHasher hasher{{.memory_kib = 65'536, .passes = 1, .wait_ms = std::chrono::milliseconds{0}}};
    asio::io_context io;
    std::exception_ptr second;
    asio::co_spawn(io, hasher.hash("correct horse"), asio::detached);
    asio::co_spawn(io, hasher.hash("correct horse"),
                   [&](std::exception_ptr error, std::string) { second = error; });
    io.run();
    ASSERT_TRUE(second);
    EXPECT_THROW(std::rethrow_exception(second), Unavailable);
}

TEST(PasswordHasher, refuses_everything_once_stopped) {
    PasswordHasher hasher{quick()};
    hasher.stop_and_wait();
    EXPECT_THROW(run(hasher.hash("correct horse")), Unavailable);
    EXPECT_THROW(run(hasher.check("correct horse", std::nullopt)), Unavailable);
}

TEST(PasswordHasher, does_not_start_with_parameters_that_argon2_refuses) {
    EXPECT_THROW((PasswordHasher{{.memory_kib = 1}}), std::invalid_argument);
    EXPECT_THROW((PasswordHasher{{.passes = 0}}), std::invalid_argument);
    EXPECT_THROW((PasswordHasher{{.waiting_max = 0}}), std::invalid_argument);
}

TEST(PasswordHasher, figures) {
    PasswordHasher hasher{PasswordConfig{}};
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 5; ++i) (void)run(hasher.hash("correct horse"));
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    RecordProperty("hash_ms", std::to_string(took.count() / 5));
}

}  // namespace
}  // namespace platform::auth
