#pragma once

#include "platform/messaging/subscription.hpp"
#include "services/order-service/app/application/catalogue_changes.hpp"
#include "services/order-service/app/application/ports.hpp"

/// The queues of this service: one for replies of the saga, one for the catalogue, so that an import of a
/// hundred thousand products never stands before a reply.
namespace shop::order {

platform::messaging::Subscription<SagaReply> saga_replies(Ports ports);
platform::messaging::Subscription<ProductChanged> catalogue_changes(CatalogueCopy& copy);

/// Who listens to what this service publishes; declared by the publisher too, so that nothing is published
/// into the void because a subscriber has not started yet.
std::vector<platform::messaging::Binding> subscribers();

}  // namespace shop::order
