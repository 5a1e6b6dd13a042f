#pragma once

#include <stdexcept>

#include "services/order-service/app/application/ports.hpp"

namespace shop::order {

/// A reply names an order that does not exist: no retry will help, a person has to look.
struct UnknownOrder : std::runtime_error {
    explicit UnknownOrder(OrderId id) : std::runtime_error("no such order: " + id.text()) {}
};

/// A payment is not of the sum that the order costs: by then money has moved, so a person has to look.
struct WrongAmount : std::runtime_error {
    explicit WrongAmount(OrderId id) : std::runtime_error("another amount was paid for order " + id.text()) {}
};

/// What a batch of replies does to the orders it names: replies to one order are folded in the order of
/// delivery, and each order is written once. Throws UnknownOrder and WrongAmount.
Changes decide(const SagaTable& table, LockedOrders locked, platform::Ids& ids);

/// Handles one batch from the queue order.saga in one transaction; a normal return means it is committed.
awaitable<void> handle_replies(Ports ports, std::vector<SagaMessage> batch);

/// Handles orders whose deadline has passed, at most `limit`; returns how many there were.
awaitable<std::size_t> sweep_deadlines(Ports ports, std::size_t limit);

}  // namespace shop::order
