#include "services/product-service/app/presentation/subscriptions.hpp"

#include "shared/app/schemas/product_events.hpp"

namespace shop::product {

std::vector<platform::messaging::Binding> subscribers() {
    return {{"order.catalogue", {std::string{ProductChanged::type}}}};
}

}  // namespace shop::product
