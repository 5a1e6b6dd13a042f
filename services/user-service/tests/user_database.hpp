#pragma once

#include <boost/asio/io_context.hpp>

#include "platform/postgres/migrate.hpp"
#include "platform/service/run.hpp"
#include "platform/testing/database.hpp"
#include "platform/testing/run.hpp"

std::span<const platform::postgres::Migration> platform_messaging_migrations();
std::span<const platform::postgres::Migration> user_service_migrations();

namespace shop::user {

/// A database of its own with this service's schema.
class UserDatabase : public platform::testing::Database {
  public:
    UserDatabase() {
        platform::postgres::migrate(
            url(), platform::service::in_order({platform_messaging_migrations(), user_service_migrations()}));
    }
};

}  // namespace shop::user
