#pragma once

#include <vector>

#include "platform/postgres/codec.hpp"
#include "services/product-service/app/domain/product.hpp"

namespace shop::product {

/// How the options of a SKU stand in the database.
platform::postgres::Json json_of(const std::vector<Option>& options);

/// Throws std::runtime_error for what no version of this program has written.
std::vector<Option> options_of(const platform::postgres::Json& json);

}  // namespace shop::product
