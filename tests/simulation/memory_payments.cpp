#include "tests/simulation/memory_payments.hpp"

#include <set>

namespace simulation {
namespace {

namespace payment = shop::payment;
using shop::OrderId;
using shop::PaymentStatus;

OrderId order_of(const payment::PaymentRequest& message) {
    return std::visit([](const auto& event) { return event.order_id; }, message.event);
}

bool under_way(PaymentStatus status) {
    return status == PaymentStatus::charging || status == PaymentStatus::unknown;
}

}  // namespace

awaitable<payment::LockedPayments> MemoryPaymentTransaction::load(
    std::vector<payment::PaymentRequest> messages) {
    co_await begin_call();
    if (context_.interleaved) {
        std::set<platform::Uuid> marks;
        std::set<OrderId> orders;
        for (const auto& message : messages) {
            marks.insert(message.id);
            orders.insert(order_of(message));
        }
        for (const auto& id : marks) co_await lock({LockKey::Table::inbox, id});
        for (const auto& id : orders)
            if (context_.bug != Bug::fresh_row_not_locked || database_.payments.contains(id))
                co_await lock({LockKey::Table::payment, id.value});
    }
    auto locked = nothing_locked();
    for (const auto& message : messages) {
        const auto id = order_of(message);
        const auto found = database_.payments.find(id);
        const bool known = found != database_.payments.end();
        locked.payments.emplace(id, known ? found->second : payment::Payment{.order_id = id});
        if (std::holds_alternative<shop::RefundPayment>(message.event)) {
            if (!known) context_.saw(Rare::undo_before_do);
            if (known && under_way(found->second.status)) context_.saw(Rare::undo_while_charging);
        }
    }
    locked.fresh = keep_new(std::move(messages), database_.books, marks_, context_);
    if (context_.bug == Bug::late_charge_kept)
        std::erase_if(locked.fresh, [&locked](const payment::PaymentRequest& message) {
            const auto status = locked.payments.at(order_of(message)).status;
            return std::holds_alternative<shop::RefundPayment>(message.event) &&
                   (status == PaymentStatus::charging || status == PaymentStatus::unknown);
        });
    co_return locked;
}

awaitable<payment::LockedPayments> MemoryPaymentTransaction::load_claimable(std::size_t limit) {
    co_await begin_call();
    auto locked = nothing_locked();
    for (const auto& [id, one] : database_.payments) {
        const bool due = one.next_attempt && *one.next_attempt <= context_.now;
        const bool leased = one.leased_until && *one.leased_until >= context_.now;
        if (!due || leased || locked.payments.size() >= limit) continue;
        if (try_lock({LockKey::Table::payment, id.value})) locked.payments.emplace(id, one);
    }
    co_return locked;
}

awaitable<payment::LockedPayments> MemoryPaymentTransaction::load_these(std::vector<OrderId> ids) {
    co_await begin_call();
    std::ranges::sort(ids);
    if (context_.interleaved)
        for (const auto& id : ids) co_await lock({LockKey::Table::payment, id.value});
    auto locked = nothing_locked();
    for (const auto& id : ids) locked.payments.emplace(id, database_.payments.at(id));
    co_return locked;
}

awaitable<void> MemoryPaymentTransaction::save(payment::Changes changes) {
    co_await begin_call();
    staged_ = std::move(changes);
    if (context_.bug == Bug::ledger_apart)
        for (auto& entry : std::exchange(staged_.ledger, {})) database_.ledger.push_back(std::move(entry));
    if (context_.bug == Bug::event_before_commit)
        database_.books.write(rows_of<payment::PaymentEvent>(std::exchange(staged_.events, {})));
}

void MemoryPaymentTransaction::look(const payment::Payment& before, const payment::Payment& after) {
    if (before.status == after.status) {
        if (after.refund_round > before.refund_round) context_.saw(Rare::refund_under_new_key);
        return;
    }
    if (under_way(before.status) && after.status == PaymentStatus::refunding)
        context_.saw(Rare::late_charge_refunded);
    if (under_way(before.status) && after.status == PaymentStatus::voided && after.provider_id.empty())
        context_.saw(Rare::void_before_creation);
    if (before.stage == payment::Stage::cancel && !after.next_attempt)
        context_.saw(Rare::payment_cancelled_at_provider);
}

void MemoryPaymentTransaction::apply() {
    for (const auto& id : marks_) database_.books.inbox.emplace(id, context_.now);
    for (auto& one : staged_.payments) {
        auto& row = database_.payments[one.order_id];
        look(row, one);
        row = std::move(one);
    }
    for (auto& entry : staged_.ledger) database_.ledger.push_back(std::move(entry));
    database_.books.write(rows_of<payment::PaymentEvent>(std::move(staged_.events)));
}

awaitable<std::optional<payment::Payment>> MemoryRecorder::record(payment::Report report) {
    auto& row = database_.payments.at(report.order_id);
    if (row.lease != report.lease) context_.saw(Rare::stale_lease_refused);
    if (context_.bug == Bug::stale_lease_accepted && row.next_attempt) {
        row.lease = report.lease;
        row.leased_until = context_.now;
    }
    std::vector<payment::Report> reports;
    reports.push_back(std::move(report));
    auto kept = co_await payment::record_reports(ports_, std::move(reports));
    co_return std::move(kept.front());
}

}  // namespace simulation
