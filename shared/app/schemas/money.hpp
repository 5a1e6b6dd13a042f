#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>

#include "platform/contract/types.hpp"

namespace shop {

/// ISO 4217, three upper-case letters.
using Currency = platform::contract::Token<3, 3>;

/// Integer minor units (cents), so that sums are exact.
struct Money {
    std::int64_t amount = 0;
    Currency currency;

    bool operator==(const Money&) const = default;
};
BOOST_DESCRIBE_STRUCT(Money, (), (amount, currency))

}  // namespace shop
