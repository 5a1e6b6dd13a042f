#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "platform/base/awaitable.hpp"
#include "platform/base/ids.hpp"
#include "platform/messaging/message.hpp"
#include "services/payment-service/app/domain/payment.hpp"

namespace shop::payment {

using platform::awaitable;
using PaymentRequest = platform::messaging::Message<PaymentMessage>;

/// What a transaction has locked. `now` is the database's clock: leases are compared between replicas.
struct LockedPayments {
    Time now;
    std::vector<PaymentRequest> fresh;  // Not handled before, each once, in the order of delivery.
    std::map<OrderId, Payment> payments;
};

struct Changes {
    std::vector<Payment> payments;
    std::vector<LedgerEntry> ledger;
    struct Event {
        Uuid id;
        PaymentEvent event;
        std::string traceparent;
    };
    std::vector<Event> events;
};

/// One unit of work. Destroyed without commit, it never happened. commit() may throw without anybody knowing
/// whether it happened: only a normal return lets a message be acknowledged.
struct PaymentTransaction {
    virtual ~PaymentTransaction() = default;
    virtual awaitable<LockedPayments> load(std::vector<PaymentRequest> messages) = 0;

    /// Payments that wait for a worker: due, and not leased. Others' locks are skipped.
    virtual awaitable<LockedPayments> load_claimable(std::size_t limit) = 0;
    virtual awaitable<LockedPayments> load_these(std::vector<OrderId> ids) = 0;
    virtual awaitable<void> save(Changes changes) = 0;
    virtual awaitable<void> commit() = 0;
};

struct PaymentStore {
    virtual ~PaymentStore() = default;
    virtual awaitable<std::unique_ptr<PaymentTransaction>> begin() = 0;
};

/// The payment provider. Never throws for what the network does: that is an Unknown.
struct Provider {
    virtual ~Provider() = default;
    virtual awaitable<Answer> make(Call call) = 0;
};

/// A worker's report: what was said to the step it leased. `said` is absent when no call was needed.
struct Report {
    OrderId order_id;
    Uuid lease;
    std::optional<Answer> said;
};

/// Commits reports; in production many at once. Gives the payment back while the lease is still held, nothing
/// otherwise.
struct Recorder {
    virtual ~Recorder() = default;
    virtual awaitable<std::optional<Payment>> record(Report report) = 0;
};

struct WorkerPolicy {
    RetryPolicy retry;
    std::chrono::milliseconds lease{12'000};  // Longer than the provider's time-out; see Config::lease_ms.
};

struct Ports {
    PaymentStore* payments;
    Provider* provider;
    Recorder* recorder;
    platform::Ids* ids;
    WorkerPolicy policy;
};

}  // namespace shop::payment
