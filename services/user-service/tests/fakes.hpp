#pragma once

#include <map>
#include <vector>

#include "platform/base/errors.hpp"
#include "services/user-service/app/application/ports.hpp"

namespace shop::user {

class MemoryUsers final : public Users {
  public:
    awaitable<Result<void>> add(Registration registration, std::string traceparent) override {
        if (!users.try_emplace(registration.user.email.normalised(), registration.user).second)
            co_return std::unexpected(Refusal::email_taken);
        events.push_back(registration.event);
        traceparents.push_back(std::move(traceparent));
        co_return Result<void>{};
    }
    awaitable<std::optional<User>> find(Email email) override {
        const auto found = users.find(email.normalised());
        if (found == users.end()) co_return std::nullopt;
        co_return found->second;
    }
    awaitable<std::optional<User>> find(UserId id) override {
        for (const auto& [key, user] : users)
            if (user.id == id) co_return user;
        co_return std::nullopt;
    }
    awaitable<void> renew_hash(UserId id, std::string former, std::string renewed) override {
        for (auto& [key, user] : users)
            if (user.id == id && user.password_hash == former) user.password_hash = renewed;
        co_return;
    }

    std::map<std::string, User> users;
    std::vector<UserRegistered> events;
    std::vector<std::string> traceparents;
};

/// "Hashes" by writing the password behind a generation; older generations are stale.
class PlainPasswords final : public Passwords {
  public:
    awaitable<std::string> hash(std::string password) override {
        ++hashed;
        if (busy) throw platform::Unavailable("busy");
        co_return generation + password;
    }
    awaitable<Verdict> check(std::string password, std::optional<std::string> stored) override {
        ++checked;
        if (!stored) co_return Verdict{};
        const auto end = stored->find(':') + 1;
        co_return Verdict{stored->substr(end) == password, stored->substr(0, end) != generation};
    }

    std::string generation = "1:";
    bool busy = false;
    int hashed = 0;
    int checked = 0;
};

class PlainTokens final : public Tokens {
  public:
    AccessToken issue(const User& user, platform::Uuid, Time) override {
        return {"token of " + user.id.text(), std::chrono::minutes{15}};
    }
    std::string key_set() const override { return R"({"keys":[]})"; }
};

class SetClock final : public platform::Clock {
  public:
    Time now() const override { return time; }
    Time time{std::chrono::seconds{1'800'000'000}};
};

class CountingIds final : public platform::Ids {
  public:
    platform::Uuid next() override {
        platform::Uuid id;
        id.bytes[15] = ++last_;
        return id;
    }

  private:
    std::uint8_t last_ = 0;
};

}  // namespace shop::user
