#pragma once

#include <boost/describe/enum.hpp>

namespace shop {

/// `published` can be bought. `deleted` is kept as a versioned tombstone, so that a late older event cannot
/// revive it.
enum class ProductStatus { draft, published, deleted };
BOOST_DESCRIBE_ENUM(ProductStatus, draft, published, deleted)

}  // namespace shop
