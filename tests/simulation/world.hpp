#pragma once

#include <boost/asio/io_context.hpp>
#include <deque>
#include <optional>
#include <string>

#include "services/order-service/app/application/order_saga.hpp"
#include "tests/simulation/memory_orders.hpp"
#include "tests/simulation/memory_payments.hpp"
#include "tests/simulation/memory_provider.hpp"
#include "tests/simulation/memory_stock.hpp"

/// A whole shop in one thread: the real handlers of order, inventory and payment over memory, a broker that
/// copies, delays and reorders, a virtual clock and one seed. The same seed is the same world, line by line.
namespace simulation {

struct Schedule {
    std::uint64_t seed = 1;
    int orders = 10;
    Bug bug = Bug::none;
};

/// Runs one world to its end and says what does not balance; nothing when everything does. Adds to `coverage`
/// what was reached, and to `story`, if given, what happened in readable lines.
std::optional<std::string> run(const Schedule& schedule, Coverage& coverage, std::string* story = nullptr);

/// What must hold when everything has come to rest.
std::optional<std::string> check(const OrderDatabase& orders, const StockDatabase& stock,
                                 const PaymentDatabase& payments, const MemoryProvider& provider,
                                 const shop::inventory::StockBySku& stock_at_start);

}  // namespace simulation
