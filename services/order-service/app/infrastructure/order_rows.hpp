#pragma once

#include <boost/describe/class.hpp>

#include "platform/postgres/transaction.hpp"
#include "services/order-service/app/application/ports.hpp"

/// How orders stand in the database: shared by the transaction that handles replies and the one that places
/// orders.
namespace shop::order {

/// For the rest of a transaction statements are planned for the values they get, not once for all values.
extern const platform::postgres::Statement<std::string()> plan_for_the_values;

/// Queues one insert for all entries; nothing for none.
void write_history(platform::postgres::Transaction& tx, const std::vector<HistoryEntry>& history);

platform::postgres::Json json_of(const Lines& lines);
Lines lines_of(const platform::postgres::Json& json);

}  // namespace shop::order
