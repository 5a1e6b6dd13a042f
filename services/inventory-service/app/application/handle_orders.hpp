#pragma once

#include <stdexcept>

#include "services/inventory-service/app/application/ports.hpp"

namespace shop::inventory {

/// The message contradicts what was committed; no retry will help, a person has to look.
struct ImpossibleMessage : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// What a batch does to reservations and stock: messages are applied in the order of delivery, every row is
/// written once. Throws ImpossibleMessage.
Changes decide(LockedStock locked, platform::Ids& ids);

/// Handles one batch from the queue inventory.orders in one transaction; a normal return means it is
/// committed.
awaitable<void> handle_orders(Ports ports, std::vector<InventoryMessage> batch);

}  // namespace shop::inventory
