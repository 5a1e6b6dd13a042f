#pragma once

#include <chrono>
#include <span>
#include <vector>

#include "platform/postgres/migrate.hpp"
#include "platform/postgres/partitions.hpp"

/// The migration that makes outbox, inbox and message_attempts. A service adds it to its own, which begin at
/// 0002, so that the tables are the same everywhere and written once.
std::span<const platform::postgres::Migration> platform_messaging_migrations();

namespace platform::messaging {

/// The tables that maintain_partitions() looks after. An event that was never published is never dropped.
/// What is older than the retention can no longer be recognised as a copy, nor published again.
std::vector<postgres::PartitionedTable> partitioned_tables(
    std::chrono::hours retention = std::chrono::hours(24));

}  // namespace platform::messaging
