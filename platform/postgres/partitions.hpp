#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "platform/base/awaitable.hpp"

namespace platform::postgres {

class Pool;

/// A table partitioned by range over one timestamptz column, with a DEFAULT partition. All texts are part of
/// the program, never input.
struct PartitionedTable {
    std::string name;
    std::optional<std::chrono::hours> retention = {};  // None: nothing is ever dropped.
    /// SQL condition on a row that must never be dropped, such as "sent_at is null"; empty when there is
    /// none.
    std::string keep_while = {};
};

/// Makes the daily partitions (UTC) of today and the two days ahead, named <table>_pYYYYMMDD, and drops those
/// that ended longer ago than the retention and hold no row to keep. Rows of a day that already lie in
/// DEFAULT move to the day's new partition; expired rows are deleted from DEFAULT, a bounded number a call.
/// Every replica may call it at any time: each step is a short transaction under an advisory lock, skipped
/// when another replica is at it, and gives up within a quarter of a second rather than hold up traffic. What
/// was skipped is done by the next call, so call it every few minutes. Throws what the pool throws, and Error
/// for a table that is not partitioned as described.
awaitable<void> maintain_partitions(Pool& pool, std::vector<PartitionedTable> tables);

/// For a start: makes the same partitions, or waits for the replica that is at it. When it returns they
/// exist, except one whose rows in DEFAULT are too many to move. Throws Unavailable when that took longer
/// than `patience`.
awaitable<void> create_partitions(Pool& pool, std::vector<PartitionedTable> tables,
                                  std::chrono::milliseconds patience);

}  // namespace platform::postgres
