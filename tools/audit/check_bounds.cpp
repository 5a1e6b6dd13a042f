#include <algorithm>

#include "tools/audit/audit.hpp"

namespace shop::audit {

namespace {

// What the API accepts.
constexpr std::size_t order_lines_max = 50;
constexpr std::int64_t line_quantity_max = 99;

Check no_orphans(const Subject& subject) {
    Check check{"A14", "every reservation and every payment belongs to an order"};
    if (!subject.single_orders()) return check;
    for (const auto& reservation : subject.books.reservations) {
        if (!subject.settled(reservation.order) || find_order(subject.books, reservation.order)) continue;
        std::int64_t units = 0;
        for (const auto& line : reservation.lines) units += line.quantity;
        check.found({.subject = reservation.order.text(),
                     .detail = "a reservation (" + word(reservation.status) + ") without an order",
                     .wrong = distance(units, 0),
                     .rows = {reservation_row(reservation.order), order_row(reservation.order)}});
    }
    for (const auto& payment : subject.books.payments)
        if (subject.settled(payment.order) && !find_order(subject.books, payment.order))
            check.found({.subject = payment.order.text(),
                         .detail = "a payment (" + word(payment.status) + ", " +
                                   subject.money(payment.amount, payment.currency) + ") without an order",
                         .wrong = distance(payment.amount, 0),
                         .rows = {payment_row(payment.order), order_row(payment.order)}});
    return check;
}

void bound_orders(const Subject& subject, Check& check) {
    for (const auto& order : subject.books.orders) {
        const auto wrong = [&](std::string detail, std::int64_t amount) {
            check.found({.subject = order.id.text(),
                         .detail = std::move(detail),
                         .wrong = amount,
                         .rows = {order_row(order.id)}});
        };
        if (order.total <= 0)
            wrong("a total of " + subject.money(order.total, order.currency), distance(order.total, 0));
        if (order.lines_readable && (order.lines.empty() || order.lines.size() > order_lines_max))
            wrong(std::to_string(order.lines.size()) + " lines", order.total);
        for (const auto& line : order.lines)
            if (line.quantity < 1 || line.quantity > line_quantity_max || line.unit_price < 1)
                wrong(std::to_string(line.quantity) + " x " + subject.text(line.sku) + " at " +
                          subject.money(line.unit_price, line.currency),
                      order.total);
    }
}

void bound_reservations(const Subject& subject, Check& check) {
    for (const auto& reservation : subject.books.reservations)
        for (const auto& line : reservation.lines)
            if (line.quantity < 1)
                check.found(
                    {.subject = reservation.order.text(),
                     .detail = "reserved " + std::to_string(line.quantity) + " x " + subject.text(line.sku),
                     .wrong = distance(line.quantity, 1),
                     .rows = {reservation_row(reservation.order)}});
}

void bound_payments(const Subject& subject, Check& check) {
    for (const auto& payment : subject.books.payments) {
        // An undo that came before its charge leaves a payment of nothing.
        const bool may_be_nothing =
            payment.status == PaymentStatus::fresh || payment.status == PaymentStatus::voided;
        if (payment.amount < 0 || (payment.amount == 0 && !may_be_nothing))
            check.found({.subject = payment.order.text(),
                         .detail = "payment is " + word(payment.status) + " of " +
                                   subject.money(payment.amount, payment.currency),
                         .wrong = distance(payment.amount, 0),
                         .rows = {payment_row(payment.order)}});
    }
    for (const auto& entry : subject.books.ledger)
        if (entry.amount == 0)
            check.found({.subject = entry.order.text(),
                         .detail = "a ledger entry of nothing",
                         .rows = {ledger_row(entry.order)}});
}

/// The log is sorted by order, which may be absent or no order id of ours.
void bound_provider(const Subject& subject, Check& check) {
    if (!subject.books.provider) return;
    const auto& moves = subject.books.provider->moves;
    for (auto move = moves.begin(); move != moves.end();) {
        const auto end = std::find_if(
            move, moves.end(), [&](const ProviderMove& one) { return one.order_text != move->order_text; });
        std::int64_t charged = 0, refunded = 0;
        const auto id = move->order_text;
        const auto wrong = [&](std::string detail, std::int64_t amount) {
            check.found({.subject = id,
                         .detail = std::move(detail),
                         .wrong = amount,
                         .rows = {row("provider log", "order_id", id)}});
        };
        for (; move != end; ++move) {
            if (move->amount <= 0)
                wrong("the provider moved " + subject.money(move->amount, move->currency),
                      distance(move->amount, 0));
            (move->kind == ProviderMove::Kind::charge ? charged : refunded) += move->amount;
        }
        if (refunded > charged)
            wrong("the provider refunded " + std::to_string(refunded) + " of " + std::to_string(charged),
                  distance(refunded, charged));
    }
}

Check within_bounds(const Subject& subject) {
    Check check{"A15", "refunds are at most what was charged, amounts positive, quantities in range"};
    if (!subject.single_orders()) return check;
    bound_orders(subject, check);
    bound_reservations(subject, check);
    bound_payments(subject, check);
    bound_provider(subject, check);
    return check;
}

}  // namespace

void check_bounds(const Subject& subject, Checks& checks) {
    checks.push_back(no_orphans(subject));
    checks.push_back(within_bounds(subject));
}

}  // namespace shop::audit
