#include "services/payment-service/app/application/work.hpp"

#include "platform/base/crash_point.hpp"

namespace shop::payment {

awaitable<std::vector<Payment>> claim(Ports ports, std::size_t limit) {
    std::vector<Payment> claimed;
    auto transaction = co_await ports.payments->begin();
    auto locked = co_await transaction->load_claimable(limit);
    if (locked.payments.empty()) co_return claimed;
    Changes changes;
    for (auto& [id, payment] : locked.payments) {
        payment.lease = ports.ids->next();
        payment.leased_until = locked.now + ports.policy.lease;
        claimed.push_back(payment);
        changes.payments.push_back(std::move(payment));
    }
    co_await transaction->save(std::move(changes));
    CRASH_POINT("payment.claim.before_commit");
    co_await transaction->commit();
    CRASH_POINT("payment.claim.after_commit");
    co_return claimed;
}

awaitable<void> drive(Ports ports, Payment payment) {
    while (true) {
        Report report{.order_id = payment.order_id, .lease = payment.lease.value(), .said = {}};
        if (const auto call = next_call(payment)) report.said = co_await ports.provider->make(*call);
        auto recorded = co_await ports.recorder->record(std::move(report));
        if (!recorded) co_return;
        payment = std::move(*recorded);
    }
}

awaitable<std::vector<std::optional<Payment>>> record_reports(Ports ports, std::vector<Report> reports) {
    std::vector<OrderId> ids;
    for (const auto& report : reports) ids.push_back(report.order_id);
    auto transaction = co_await ports.payments->begin();
    auto locked = co_await transaction->load_these(std::move(ids));
    std::vector<std::optional<Payment>> kept(reports.size());
    Changes changes;
    for (std::size_t i = 0; i < reports.size(); ++i) {
        const auto found = locked.payments.find(reports[i].order_id);
        if (found == locked.payments.end() || found->second.lease != reports[i].lease) continue;
        auto& payment = found->second;
        auto decision = reports[i].said ? answer(payment, *reports[i].said, ports.policy.retry,
                                                 ports.ids->next(), locked.now)
                                        : settle(payment);
        if (payment.lease) {
            payment.leased_until = locked.now + ports.policy.lease;
            kept[i] = payment;
        }
        for (auto& entry : decision.ledger) changes.ledger.push_back(std::move(entry));
        for (auto& event : decision.events)
            changes.events.push_back({ports.ids->next(), std::move(event), payment.traceparent});
        changes.payments.push_back(payment);
    }
    co_await transaction->save(std::move(changes));
    CRASH_POINT("payment.record.before_commit");
    co_await transaction->commit();
    CRASH_POINT("payment.record.after_commit");
    co_return kept;
}

}  // namespace shop::payment
