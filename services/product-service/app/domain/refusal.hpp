#pragma once

namespace shop::product {

/// What a caller can be told instead of getting what they asked for. Each has its problem document in
/// presentation/problems.hpp.
enum class Refusal {
    product_not_found,
    category_unknown,
    parent_unknown,
    product_slug_taken,
    category_slug_taken,
    sku_taken,
    content_contradictory,
    version_missing,
    version_outdated,
    precondition_failed,
};

}  // namespace shop::product
