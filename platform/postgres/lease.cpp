#include "platform/postgres/lease.hpp"

#include "platform/postgres/pool_core.hpp"

namespace platform::postgres {

Lease::Lease(std::shared_ptr<PoolCore> pool, std::unique_ptr<Connection> connection)
    : pool_(std::move(pool)), connection_(std::move(connection)) {}

Lease::Lease(Lease&&) noexcept = default;

Lease& Lease::operator=(Lease&& other) noexcept {
    if (this == &other) return *this;
    give_back();
    pool_ = std::move(other.pool_);
    connection_ = std::move(other.connection_);
    return *this;
}

Lease::~Lease() { give_back(); }

void Lease::give_back() {
    if (connection_) pool_->give_back(std::move(connection_));
}

}  // namespace platform::postgres
