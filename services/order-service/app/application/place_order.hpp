#pragma once

#include "platform/http/refused.hpp"
#include "services/order-service/app/application/ports.hpp"

namespace shop::order {

template <class T>
using Result = std::expected<T, platform::http::Refused<Refusal>>;

/// Commits a pending order with its first event. The same buyer, key and request again give the order of the
/// first time, whatever the catalogue says by now; the same key with another request is refused.
awaitable<Result<PlacedOrder>> place_order(Ports ports, UserId buyer, Basket basket, IdempotencyKey key,
                                           std::string traceparent);

/// Cancels a pending order of this buyer; again on one that is being or has been cancelled, nothing happens.
awaitable<Result<OrderId>> cancel_order(Ports ports, UserId buyer, OrderId id, std::string traceparent);

}  // namespace shop::order
