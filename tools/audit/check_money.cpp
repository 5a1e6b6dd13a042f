#include <algorithm>
#include <iterator>

#include "tools/audit/audit.hpp"

namespace shop::audit {

namespace {

struct Amounts {
    std::int64_t charged = 0, refunded = 0;
    auto operator<=>(const Amounts&) const = default;
};

/// What the status of a payment claims to have moved; nothing while that is open.
std::optional<Amounts> claimed(const Payment& payment) {
    switch (payment.status) {
        case PaymentStatus::charging:
        case PaymentStatus::unknown: return std::nullopt;
        case PaymentStatus::fresh:
        case PaymentStatus::declined:
        case PaymentStatus::voided: return Amounts{};
        case PaymentStatus::charged:
        case PaymentStatus::refunding:
        case PaymentStatus::manual: return Amounts{payment.amount, 0};
        case PaymentStatus::refunded: return Amounts{payment.amount, payment.amount};
    }
    return std::nullopt;
}

std::string text_of(const Amounts& amounts) {
    return "charged " + std::to_string(amounts.charged) + ", refunded " + std::to_string(amounts.refunded);
}

void compare(const Subject& subject, const Order& order, const Payment* payment, Check& check) {
    const auto ours = payment
                          ? word(payment->status) + " " + subject.money(payment->amount, payment->currency)
                          : std::string("not there");
    const auto unlike = [&] {
        check.found(order.id.text(), "order is " + word(order.status) + " at " +
                                         subject.money(order.total, order.currency) + ", payment is " + ours);
    };
    if (order.status == OrderStatus::confirmed) {
        const bool paid = payment && payment->status == PaymentStatus::charged &&
                          payment->amount == order.total && payment->currency == order.currency;
        if (!paid) unlike();
    } else if (order.status == OrderStatus::cancelled && payment) {
        const auto moved = claimed(*payment);
        if (payment->status == PaymentStatus::manual)
            check.notices.push_back(order.id.text() + ": the provider refuses to refund " +
                                    subject.money(payment->amount, payment->currency) +
                                    "; a person has to act");
        else if (moved && moved->charged != moved->refunded)
            unlike();
    }
}

Check money_fits_order(const Subject& subject) {
    Check check{"A4", "a confirmed order is paid once and in full, a cancelled one costs nothing"};
    for (const auto& order : subject.books.orders)
        if (subject.settled(order.id)) compare(subject, order, find_payment(subject.books, order.id), check);
    return check;
}

/// What the provider's log says about one order.
struct Witness {
    Amounts amounts;
    int charges = 0;
    const ProviderMove* charge = nullptr;
    const ProviderMove* refund = nullptr;
};

void compare(const Subject& subject, const Payment& payment, const Witness& witness, Check& check) {
    const auto id = payment.order.text();
    if (witness.charges > 1) check.found(id, "charged " + std::to_string(witness.charges) + " times");
    const auto ours = claimed(payment);
    if (!ours) return;
    const auto* charge = witness.charge;
    // A refund under way may be at the provider already.
    const bool refund_open = payment.status == PaymentStatus::refunding;
    if (ours->charged != witness.amounts.charged ||
        (!refund_open && ours->refunded != witness.amounts.refunded))
        check.found(id, "payment is " + word(payment.status) + ": " + text_of(*ours) + "; the provider " +
                            text_of(witness.amounts));
    else if (charge && (charge->payment != payment.provider_id || charge->currency != payment.currency))
        check.found(id, "our payment " + payment.provider_id + " in " + subject.text(payment.currency) +
                            "; the provider's " + charge->payment + " in " + subject.text(charge->currency));
    else if (witness.refund && !refund_open && witness.refund->refund != payment.refund_id)
        check.found(id, "our refund " + payment.refund_id + "; the provider's " + witness.refund->refund);
}

Check provider_agrees(const Subject& subject) {
    Check check{"A5", "our payments are what the provider's log says, and nothing else is there"};
    const auto& provider = subject.books.provider;
    if (!provider) {
        check.not_applicable = "not applicable: SHOP_PROVIDER_LOG names no log to compare with";
        return check;
    }
    for (const auto& damage : provider->damage) check.found("provider log", damage);
    auto move = provider->moves.begin();
    const auto end = provider->moves.end();
    const auto unknown_until = [&](auto takes) {
        for (; move != end && takes(*move); ++move)
            if (!move->order || subject.settled(*move->order))
                check.found(move->order_text, "the provider's " + move->payment + " moved " +
                                                  subject.money(move->amount, move->currency) +
                                                  "; we have no such payment");
    };
    for (const auto& payment : subject.books.payments) {
        unknown_until([&](const ProviderMove& one) { return !one.order || *one.order < payment.order; });
        Witness witness;
        for (; move != end && move->order == payment.order; ++move) {
            const bool charge = move->kind == ProviderMove::Kind::charge;
            (charge ? witness.amounts.charged : witness.amounts.refunded) += move->amount;
            (charge ? witness.charge : witness.refund) = &*move;
            witness.charges += charge ? 1 : 0;
        }
        if (subject.settled(payment.order)) compare(subject, payment, witness, check);
    }
    unknown_until([](const ProviderMove&) { return true; });
    return check;
}

using Entry = std::vector<LedgerEntry>::const_iterator;

/// The entries of one order, sorted by transaction: each must sum to zero. Returns what the provider owes us
/// by them, per direction.
Amounts sum(const Subject& subject, Entry begin, Entry end, Check& check) {
    Amounts amounts;
    while (begin != end) {
        const auto next = std::find_if(
            begin, end, [&](const LedgerEntry& one) { return one.transaction != begin->transaction; });
        __int128 total = 0;
        bool one_currency = true;
        for (auto entry = begin; entry != next; ++entry) {
            total += entry->amount;
            one_currency = one_currency && entry->currency == begin->currency;
            if (subject.text(entry->account) != "provider_balance") continue;
            (entry->amount > 0 ? amounts.charged : amounts.refunded) +=
                entry->amount > 0 ? entry->amount : -entry->amount;
        }
        if (total != 0 || !one_currency)
            check.found(begin->order.text(), "ledger transaction " + begin->transaction.text() + " sums to " +
                                                 std::to_string(static_cast<std::int64_t>(total)) +
                                                 (one_currency ? "" : ", over several currencies"));
        begin = next;
    }
    return amounts;
}

/// Payments and ledger come from one snapshot, so this is exact on a running system too.
Check ledger_balances(const Subject& subject) {
    Check check{"A6", "each transaction of the ledger sums to zero, and the ledger matches the payments"};
    const auto& ledger = subject.books.ledger;
    auto entry = ledger.begin();
    const auto order_ends = [&] {
        return std::find_if(entry, ledger.end(),
                            [&](const LedgerEntry& one) { return one.order != entry->order; });
    };
    const auto unknown_until = [&](auto takes) {
        while (entry != ledger.end() && takes(*entry)) {
            const auto end = order_ends();
            const auto amounts = sum(subject, entry, end, check);
            check.found(entry->order.text(), "ledger says " + text_of(amounts) + "; there is no payment");
            entry = end;
        }
    };
    for (const auto& payment : subject.books.payments) {
        unknown_until([&](const LedgerEntry& one) { return one.order < payment.order; });
        Amounts booked;
        if (entry != ledger.end() && entry->order == payment.order) {
            const auto end = order_ends();
            booked = sum(subject, entry, end, check);
            entry = end;
        }
        // While the provider's answer is open nothing may be booked.
        if (const auto ours = claimed(payment).value_or(Amounts{}); ours != booked)
            check.found(payment.order.text(), "payment is " + word(payment.status) + ": " + text_of(ours) +
                                                  "; ledger " + text_of(booked));
    }
    unknown_until([](const LedgerEntry&) { return true; });
    return check;
}

}  // namespace

void check_money(const Subject& subject, Checks& checks) {
    checks.push_back(money_fits_order(subject));
    checks.push_back(provider_agrees(subject));
    checks.push_back(ledger_balances(subject));
}

}  // namespace shop::audit
