#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "platform/base/awaitable.hpp"
#include "platform/base/time.hpp"
#include "platform/base/uuid.hpp"
#include "tools/load/preparation.hpp"

namespace shop::load {

/// What became of the orders of a round.
struct Outcomes {
    std::int64_t confirmed = 0;
    std::int64_t cancelled = 0;
    std::int64_t unfinished = 0;                  // Still not final when the time was up.
    std::int64_t missing = 0;                     // Accepted, but not among the orders of the customers.
    std::map<std::string, std::int64_t> reasons;  // Of cancelled ones.
    platform::Time last_final;                    // By the shop's clock: when the last one became final.
};

/// Waits until the newest orders of every customer are final. Reads one page per customer and look, so that
/// it hardly disturbs what is measured.
platform::awaitable<void> wait_until_quiet(ShopApi& api, const std::vector<Customer>& customers,
                                           std::chrono::steady_clock::time_point deadline);

/// Reads the orders of all customers back and says what became of those with these ids; waits until the
/// deadline for those that are not final.
platform::awaitable<Outcomes> read_outcomes(ShopApi& api, const std::vector<Customer>& customers,
                                            std::vector<platform::Uuid> ids,
                                            std::chrono::steady_clock::time_point deadline);

}  // namespace shop::load
