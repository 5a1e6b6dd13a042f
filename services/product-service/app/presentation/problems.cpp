#include "services/product-service/app/presentation/problems.hpp"

#include "platform/base/ensure.hpp"

namespace shop::product {

platform::http::Problem problem_of(Refusal refusal) {
    switch (refusal) {
        case Refusal::product_not_found: return {404, "product-not-found", "There is no such product"};
        case Refusal::category_unknown:
            return {422, "category-unknown", "The product's category does not exist"};
        case Refusal::parent_unknown:
            return {422, "parent-category-unknown", "The parent category does not exist"};
        case Refusal::product_slug_taken: return {409, "product-slug-taken", "Another product has this slug"};
        case Refusal::category_slug_taken:
            return {409, "category-slug-taken", "Another category has this slug"};
        case Refusal::sku_taken: return {409, "sku-taken", "Another product has a variant with this SKU"};
        case Refusal::content_contradictory:
            return {422, "product-contradictory", "Variants of the product contradict each other"};
        case Refusal::version_missing:
            return {422, "version-missing", "A replacement names the version that it replaces"};
        case Refusal::version_outdated:
            return {409, "version-outdated", "The product was changed since it was read"};
        case Refusal::precondition_failed:
            return {412, "precondition-failed", "The product is not the one that If-Match names"};
    }
    platform::broken("every refusal has a problem", std::source_location::current());
}

}  // namespace shop::product
