#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "platform/testing/database.hpp"
#include "tools/audit/read_databases.hpp"

namespace shop::audit {

/// Databases with the services' own schema, a provider's log and a history of clients that tell the same
/// story of `orders` orders: by turns confirmed, cancelled after a refund, and refused for want of stock.
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
    /// What the customers of these orders remember.
    const std::filesystem::path& clients() const { return clients_; }
    /// The id that made_id(kind, k) makes in the databases; 0 is an order, 1 its customer, 7 the product.
    std::string id(int kind, int k) const;
    /// What the databases, the log and the clients say; broker and cache are not asked.
    Books read() const;

    platform::testing::Database order, inventory, payment, product, user;

  private:
    void write_log() const;
    void write_clients() const;

    const int orders_;
    const std::int64_t milliseconds_;  // When everything happened.
    std::filesystem::path log_, clients_;
};

}  // namespace shop::audit
