#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "platform/base/awaitable.hpp"

namespace platform::postgres {

class Pool;

/// One forward step of a schema. Names sort in the order of application: "0001_orders".
struct Migration {
    std::string_view name;
    std::string_view sql;
};

struct MigrateConfig {
    std::chrono::milliseconds connect_ms{5000};
    std::chrono::milliseconds turn_ms{60'000};  ///< Waiting for another process that migrates.
    std::chrono::milliseconds lock_ms{5000};    ///< A migration gives up rather than queue traffic behind it.
    std::chrono::milliseconds statement_ms{300'000};
};

/// Applies what is not applied yet, each migration in a transaction of its own that also writes its name and
/// SHA-256 to the table schema_migrations. Any number of processes may do this at once: one works, the others
/// wait and find nothing left to do. Blocks; meant for the start of a process. Throws Error naming the
/// migration, line and column for SQL that fails, for an applied migration that was changed afterwards and
/// for a new one that sorts before an applied one; TransientError or ConnectionLost when the database is busy
/// or away. Names that the database knows and the list does not belong to a newer release and are left alone.
void migrate(std::string_view url, std::span<const Migration> migrations, const MigrateConfig& config = {});

/// True when every migration of the list is applied. For readiness, so it compares names only.
awaitable<bool> migrated(Pool& pool, std::span<const Migration> migrations);

}  // namespace platform::postgres
