#pragma once

#include <string>

#include "tools/audit/books.hpp"

namespace shop::audit {

/// URLs of the databases; a role that may only read is enough.
struct DatabaseUrls {
    std::string user, product, order, inventory, payment;
};

/// Adds what the services' databases hold. All snapshots are taken first, so that they lie close together.
/// Throws platform::postgres errors.
void read_databases(const DatabaseUrls& urls, Books& books);

}  // namespace shop::audit
