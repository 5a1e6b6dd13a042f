#pragma once

#include <string>
#include <vector>

#include "platform/base/awaitable.hpp"
#include "platform/base/time.hpp"
#include "tools/load/load_client.hpp"
#include "tools/load/preparation.hpp"

namespace shop::load {

/// One round of orders, from the first request to the last answer.
struct LoadResult {
    Tally tally;
    platform::Time began;  // By the clock of the wall, to be compared with what the shop says.
    LoadClock::time_point first_sent;
};

/// Has so many clients order until the book is empty. Clients are spread evenly over addresses and customers.
/// Throws std::invalid_argument or boost::system::system_error when an address cannot be used.
platform::awaitable<LoadResult> run_load(boost::asio::io_context& io, std::vector<std::string> addresses,
                                         std::vector<std::string> tokens, std::int64_t clients,
                                         OrderBook& book);

}  // namespace shop::load
