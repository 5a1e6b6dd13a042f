#pragma once

#include "platform/auth/password_hasher.hpp"
#include "services/user-service/app/application/ports.hpp"

namespace shop::user {

/// Passwords as argon2id. The hasher must outlive it.
class Argon2Passwords final : public Passwords {
  public:
    explicit Argon2Passwords(platform::auth::PasswordHasher& hasher) : hasher_{hasher} {}

    awaitable<std::string> hash(std::string password) override { return hasher_.hash(std::move(password)); }

    awaitable<Verdict> check(std::string password, std::optional<std::string> stored) override {
        const auto verdict = co_await hasher_.check(std::move(password), std::move(stored));
        co_return Verdict{verdict.matches, verdict.stale};
    }

  private:
    platform::auth::PasswordHasher& hasher_;
};

}  // namespace shop::user
