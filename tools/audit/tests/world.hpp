#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "platform/testing/database.hpp"
#include "tools/audit/read_databases.hpp"

namespace shop::audit {

/// Databases with the services' own schema, and a provider's log, that tell the same story of `orders`
/// orders: by turns confirmed, cancelled after a refund, and refused for want of stock.
class World {
  public:
    explicit World(int orders);
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    /// Puts everything back as it was made.
    void fill();

    DatabaseUrls urls() const;
    const std::filesystem::path& log() const { return log_; }
    /// What the databases and the log say; the broker is not asked.
    Books read() const;

    platform::testing::Database order, inventory, payment, product, user;

  private:
    void write_log() const;

    const int orders_;
    const std::int64_t milliseconds_;  // When everything happened.
    std::filesystem::path log_;
};

}  // namespace shop::audit
