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

/// What the shop has of it in the end.
std::int64_t kept(const Payment* payment) {
    const auto moved = payment ? claimed(*payment).value_or(Amounts{}) : Amounts{};
    return moved.charged - moved.refunded;
}

void compare(const Subject& subject, const Order& order, const Payment* payment, Check& check) {
    const auto ours = payment
                          ? word(payment->status) + " " + subject.money(payment->amount, payment->currency)
                          : std::string("not there");
    const auto unlike = [&] {
        const auto due = order.status == OrderStatus::confirmed ? order.total : 0;
        check.found({.subject = order.id.text(),
                     .detail = "order is " + word(order.status) + " at " +
                               subject.money(order.total, order.currency) + ", payment is " + ours,
                     .wrong = distance(due, kept(payment)),
                     .rows = {order_row(order.id), payment_row(order.id)}});
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
    if (!subject.single_orders()) return check;
    for (const auto& order : subject.books.orders)
        if (subject.settled(order.id)) compare(subject, order, find_payment(subject.books, order.id), check);
    return check;
}

std::string provider_row(const std::string& order) { return row("provider log", "order_id", order); }

/// What the provider's log says about one order.
struct Witness {
    Amounts amounts;
    int charges = 0;
    const ProviderMove* charge = nullptr;
    const ProviderMove* refund = nullptr;
};

void compare(const Subject& subject, const Payment& payment, const Witness& witness, Check& check) {
    const auto wrong = [&](std::string detail, std::int64_t amount) {
        check.found({.subject = payment.order.text(),
                     .detail = std::move(detail),
                     .wrong = amount,
                     .rows = {payment_row(payment.order), provider_row(payment.order.text())}});
    };
    if (witness.charges > 1)
        wrong("charged " + std::to_string(witness.charges) + " times", witness.amounts.charged);
    const auto ours = claimed(payment);
    if (!ours) return;
    const auto* charge = witness.charge;
    // A refund under way may be at the provider already.
    const bool refund_open = payment.status == PaymentStatus::refunding;
    if (ours->charged != witness.amounts.charged ||
        (!refund_open && ours->refunded != witness.amounts.refunded))
        wrong("payment is " + word(payment.status) + ": " + text_of(*ours) + "; the provider " +
                  text_of(witness.amounts),
              std::max(distance(ours->charged, witness.amounts.charged),
                       distance(ours->refunded, witness.amounts.refunded)));
    else if (charge && (charge->payment != payment.provider_id || charge->currency != payment.currency))
        wrong("our payment " + payment.provider_id + " in " + subject.text(payment.currency) +
                  "; the provider's " + charge->payment + " in " + subject.text(charge->currency),
              payment.amount);
    else if (witness.refund && !refund_open && witness.refund->refund != payment.refund_id)
        wrong("our refund " + payment.refund_id + "; the provider's " + witness.refund->refund,
              payment.amount);
}

Check provider_agrees(const Subject& subject) {
    Check check{"A5", "our payments are what the provider's log says, and nothing else is there"};
    const auto& provider = subject.books.provider;
    if (!provider) {
        check.not_applicable = "not applicable: SHOP_PROVIDER_LOG names no log to compare with";
        return check;
    }
    for (const auto& damage : provider->damage)
        check.found({.subject = "provider log", .detail = damage, .rows = {"provider log: " + damage}});
    if (!subject.single_orders()) return check;
    auto move = provider->moves.begin();
    const auto end = provider->moves.end();
    const auto unknown_until = [&](auto takes) {
        for (; move != end && takes(*move); ++move)
            if (!move->order || subject.settled(*move->order))
                check.found({.subject = move->order_text,
                             .detail = "the provider's " + move->payment + " moved " +
                                       subject.money(move->amount, move->currency) +
                                       "; we have no such payment",
                             .wrong = distance(move->amount, 0),
                             .rows = {provider_row(move->order_text),
                                      row("payment_db.payments", "order_id", move->order_text)}});
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
            check.found({.subject = begin->order.text(),
                         .detail = "ledger transaction " + begin->transaction.text() + " sums to " +
                                   std::to_string(static_cast<std::int64_t>(total)) +
                                   (one_currency ? "" : ", over several currencies"),
                         .wrong = distance(static_cast<std::int64_t>(total), 0),
                         .rows = {row("payment_db.ledger", "transaction_id", begin->transaction.text())}});
        begin = next;
    }
    return amounts;
}

/// Payments and ledger come from one snapshot, so this is exact on a running system too.
Check ledger_balances(const Subject& subject) {
    Check check{"A6", "each transaction of the ledger sums to zero, and the ledger matches the payments"};
    if (!subject.single_orders()) return check;
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
            check.found({.subject = entry->order.text(),
                         .detail = "ledger says " + text_of(amounts) + "; there is no payment",
                         .wrong = distance(amounts.charged, amounts.refunded),
                         .rows = {ledger_row(entry->order), payment_row(entry->order)}});
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
            check.found({.subject = payment.order.text(),
                         .detail = "payment is " + word(payment.status) + ": " + text_of(ours) + "; ledger " +
                                   text_of(booked),
                         .wrong = std::max(distance(ours.charged, booked.charged),
                                           distance(ours.refunded, booked.refunded)),
                         .rows = {payment_row(payment.order), ledger_row(payment.order)}});
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
