#pragma once

#include "services/payment-service/app/application/ports.hpp"

namespace shop::payment {

/// What a batch of requests does to the payments it names, folded in the order of delivery.
Changes decide(LockedPayments locked, platform::Ids& ids);

/// Leases those payments that now wait for a worker, at most `most`, and returns them.
std::vector<Payment> lease_new(Changes& changes, std::size_t most, Time until, platform::Ids& ids);

/// Handles one batch from the queue payment.orders: commits intents and tombstones, calls nobody. A normal
/// return means it is committed, and that the workers of this replica have what they have places for.
awaitable<void> handle_requests(Ports ports, std::vector<PaymentRequest> batch);

}  // namespace shop::payment
