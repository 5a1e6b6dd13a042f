#pragma once

#include "platform/messaging/subscription.hpp"
#include "services/inventory-service/app/application/ports.hpp"

namespace shop::inventory {

platform::messaging::Subscription<StockMessage> orders(Ports ports);

/// Who listens to what this service publishes; declared by the publisher too, so that nothing is published
/// into the void because a subscriber has not started yet.
std::vector<platform::messaging::Binding> subscribers();

}  // namespace shop::inventory
