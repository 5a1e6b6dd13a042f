#pragma once

#include <memory>

namespace platform::postgres {

class Connection;
class PoolCore;

/// A connection out of the pool, given back on destruction: idle ones wait for the next user, one with an
/// open transaction is rolled back in the background, one that is broken or in the middle of a flight is
/// closed.
class Lease {
  public:
    Lease(std::shared_ptr<PoolCore> pool, std::unique_ptr<Connection> connection);
    Lease(Lease&&) noexcept;
    Lease& operator=(Lease&&) noexcept;
    ~Lease();

    Connection& connection() const { return *connection_; }
    std::shared_ptr<PoolCore> pool() const { return pool_; }

  private:
    void give_back();

    std::shared_ptr<PoolCore> pool_;
    std::unique_ptr<Connection> connection_;
};

}  // namespace platform::postgres
