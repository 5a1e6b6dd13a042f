#include "shared/app/subscriptions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

#include "services/inventory-service/app/presentation/subscriptions.hpp"
#include "services/order-service/app/presentation/subscriptions.hpp"
#include "services/payment-service/app/presentation/subscriptions.hpp"
#include "services/product-service/app/presentation/subscriptions.hpp"

namespace shop {
namespace {

using platform::messaging::Binding;
using Pairs = std::set<std::pair<std::string, std::string>>;

void add(Pairs& pairs, const Binding& binding) {
    for (const auto& type : binding.types) pairs.emplace(binding.queue, type);
}

Pairs table() {
    Pairs pairs;
    for (const auto& one : subscriptions) pairs.emplace(one.queue, one.type);
    return pairs;
}

/// Never asked anything: only what is subscribed to is looked at.
struct NoCatalogue : order::CatalogueCopy {
    platform::awaitable<void> apply(std::vector<order::CatalogueMessage>) override { co_return; }
};

TEST(Subscriptions, have_no_line_twice) { EXPECT_EQ(table().size(), subscriptions.size()); }

TEST(Subscriptions, are_what_the_services_handle) {
    NoCatalogue catalogue;
    Pairs handled;
    add(handled, order::saga_replies({}).binding());
    add(handled, order::catalogue_changes(catalogue).binding());
    add(handled, inventory::orders({}).binding());
    add(handled, payment::requests({}).binding());
    EXPECT_EQ(handled, table());
}

TEST(Subscriptions, are_what_the_publishers_declare) {
    Pairs declared;
    for (const auto& bindings :
         {order::subscribers(), inventory::subscribers(), payment::subscribers(), product::subscribers()})
        for (const auto& binding : bindings) add(declared, binding);
    EXPECT_EQ(declared, table());
}

}  // namespace
}  // namespace shop
