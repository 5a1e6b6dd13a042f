#pragma once

#include "services/payment-service/app/application/ports.hpp"

namespace shop::payment {

/// Leases payments that wait for a worker, at most `limit`.
awaitable<std::vector<Payment>> claim(Ports ports, std::size_t limit);

/// Drives one claimed payment until it is final, has to wait, or another worker has taken it over.
awaitable<void> drive(Ports ports, Payment payment);

/// Commits reports in one transaction. Each payment is read again under lock: a worker whose lease has passed
/// to another gets nothing, and what it reports is dropped, because the other will learn the same from the
/// provider.
awaitable<std::vector<std::optional<Payment>>> record_reports(Ports ports, std::vector<Report> reports);

}  // namespace shop::payment
