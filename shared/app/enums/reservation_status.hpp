#pragma once

#include <boost/describe/enum.hpp>

namespace shop {

/// `fresh` is a row that exists only so that it can be locked: a reservation that is not there cannot be.
/// `held` counts in `reserved`; `committed` has left the shelf; `released` also stands for "released before
/// it was ever held", after which a late order is refused; `refused` keeps the refusal, so that a duplicate
/// finds it.
enum class ReservationStatus { fresh, held, committed, released, refused };
BOOST_DESCRIBE_ENUM(ReservationStatus, fresh, held, committed, released, refused)

}  // namespace shop
