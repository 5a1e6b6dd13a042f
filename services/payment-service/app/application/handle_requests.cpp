#include "services/payment-service/app/application/handle_requests.hpp"

#include <set>

#include "platform/base/crash_point.hpp"

namespace shop::payment {

Changes decide(LockedPayments locked, platform::Ids& ids) {
    Changes changes;
    std::set<OrderId> changed;
    for (auto& message : locked.fresh) {
        const auto id = std::visit([](const auto& event) { return event.order_id; }, message.event);
        auto& payment = locked.payments.at(id);
        auto decision = apply(payment, message.event, locked.now);
        if (decision.changed) {
            changed.insert(id);
            payment.traceparent = message.traceparent;
        }
        for (auto& event : decision.events)
            changes.events.push_back({ids.next(), std::move(event), message.traceparent});
    }
    for (const auto& id : changed) changes.payments.push_back(std::move(locked.payments.at(id)));
    return changes;
}

std::vector<Payment> lease_new(Changes& changes, std::size_t most, Time until, platform::Ids& ids) {
    std::vector<Payment> leased;
    for (auto& payment : changes.payments) {
        if (leased.size() == most) break;
        if (!payment.next_attempt || payment.lease) continue;
        payment.lease = ids.next();
        payment.leased_until = until;
        leased.push_back(payment);
    }
    return leased;
}

awaitable<void> handle_requests(Ports ports, std::vector<PaymentRequest> batch) {
    // Leased in the transaction that makes it wait, a payment need not be read and written once more to be
    // claimed. If nobody learns that this was committed, the lease runs out and others claim it.
    const auto places = ports.workforce->reserve(batch.size());
    auto transaction = co_await ports.payments->begin();
    auto locked = co_await transaction->load(std::move(batch));
    const auto leased_until = locked.now + ports.policy.lease;
    CRASH_POINT("payment.orders.after_inbox_mark");
    auto changes = decide(std::move(locked), *ports.ids);
    auto leased = lease_new(changes, places->count(), leased_until, *ports.ids);
    co_await transaction->save(std::move(changes));
    CRASH_POINT("payment.orders.before_commit");
    co_await transaction->commit();
    places->drive(std::move(leased));
}

}  // namespace shop::payment
