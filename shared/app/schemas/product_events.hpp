#pragma once

#include <boost/describe/class.hpp>
#include <string>
#include <string_view>

#include "shared/app/enums/product_status.hpp"
#include "shared/app/schemas/ids.hpp"
#include "shared/app/schemas/money.hpp"

/// Published by product-service, in the transaction that changes the catalogue. Subject: the SKU.
namespace shop {

/// The whole state of one variant. A receiver applies it only if `version` is greater than the one it has.
struct ProductChanged {
    static constexpr std::string_view type = "ProductChanged";
    ProductId product_id;
    Sku sku;
    std::int64_t version = 0;  // Grows by one with every change of this SKU.
    Money price;
    std::string title;
    ProductStatus status{};

    bool operator==(const ProductChanged&) const = default;
};
BOOST_DESCRIBE_STRUCT(ProductChanged, (), (product_id, sku, version, price, title, status))

inline std::string subject_of(const ProductChanged& event) { return event.sku.value; }

}  // namespace shop
