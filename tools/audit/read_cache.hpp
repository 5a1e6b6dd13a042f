#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/audit/books.hpp"
#include "tools/audit/snapshot.hpp"

namespace shop::audit {

/// A sample of what product-service keeps in Redis at this moment, at random and at most so many; a small
/// cache is seen whole, or nearly. Ask before the snapshot of the products is taken: a copy that is newer
/// than the database would be none. Blocks for seconds at most. Throws std::runtime_error without an answer.
std::vector<CachedProduct> read_cache(std::string_view url, std::size_t products_max);

/// Adds what the database has of each.
void read_cached_products(Snapshot& product, std::vector<CachedProduct>& products);

}  // namespace shop::audit
