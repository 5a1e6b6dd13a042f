#pragma once

#include <functional>

#include "platform/postgres/pool.hpp"
#include "services/user-service/app/application/ports.hpp"

namespace shop::user {

/// Accounts in PostgreSQL. The pool must outlive it; `committed` is told when an event waits in the outbox.
class PgUsers final : public Users {
  public:
    PgUsers(platform::postgres::Pool& pool, platform::Ids& ids, std::function<void()> committed);

    awaitable<Result<void>> add(Registration registration, std::string traceparent) override;
    awaitable<std::optional<User>> find(Email email) override;
    awaitable<std::optional<User>> find(UserId id) override;
    awaitable<void> renew_hash(UserId id, std::string former, std::string renewed) override;

  private:
    platform::postgres::Pool& pool_;
    platform::Ids& ids_;
    std::function<void()> committed_;
};

}  // namespace shop::user
