#include "platform/messaging/schema.hpp"

namespace platform::messaging {

std::vector<postgres::PartitionedTable> partitioned_tables(std::chrono::hours retention) {
    return {{"outbox", retention, "sent_at is null"}, {"inbox", retention}, {"message_attempts", retention}};
}

}  // namespace platform::messaging
