#pragma once

#include <vector>

#include "platform/messaging/subscription.hpp"

namespace shop::product {

/// Who listens to what this service publishes; declared by the publisher too, so that nothing is published
/// into the void because a subscriber has not started yet.
std::vector<platform::messaging::Binding> subscribers();

}  // namespace shop::product
