#include "tools/audit/audit.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "shared/app/subscriptions.hpp"

namespace shop::audit {

namespace {

/// A3 stands before A10.
int number_of(const Check& check) {
    int number = 0;
    std::from_chars(check.id.data() + 1, check.id.data() + check.id.size(), number);
    return number;
}

/// Orders that any book tells something recent about. Their books may be from before and after that.
std::unordered_set<OrderId> unsettled_orders(const Books& books, Time settled_until) {
    std::unordered_set<OrderId> young;
    for (const auto& order : books.orders)
        if (order.updated_at > settled_until) young.insert(order.id);
    for (const auto& reservation : books.reservations)
        if (reservation.updated_at > settled_until) young.insert(reservation.order);
    for (const auto& payment : books.payments)
        if (payment.updated_at > settled_until) young.insert(payment.order);
    if (!books.provider) return young;
    for (const auto& move : books.provider->moves)
        if (move.order && move.at > settled_until) young.insert(*move.order);
    return young;
}

}  // namespace

void Check::found(Offender offender) {
    ++count;
    if (!worst || offender.wrong > worst->wrong) worst = offender;
    if (offenders.size() < offenders_max) offenders.push_back(std::move(offender));
}

std::string row(std::string_view table, std::string_view column, std::string_view value) {
    return std::string(table) + " " + std::string(column) + "=" + std::string(value);
}

std::string order_row(OrderId id) { return row("order_db.orders", "id", id.text()); }
std::string history_row(OrderId id) { return row("order_db.order_history", "order_id", id.text()); }
std::string reservation_row(OrderId id) { return row("inventory_db.reservations", "order_id", id.text()); }
std::string payment_row(OrderId id) { return row("payment_db.payments", "order_id", id.text()); }
std::string ledger_row(OrderId id) { return row("payment_db.ledger", "order_id", id.text()); }

std::string database_of(std::string_view service_or_queue) {
    return std::string(service_or_queue.substr(0, service_or_queue.find_first_of(".-"))) + "_db";
}

std::int64_t distance(std::int64_t one, std::int64_t other) {
    const auto apart = static_cast<__int128>(one) - other;
    constexpr __int128 most = std::numeric_limits<std::int64_t>::max();
    return static_cast<std::int64_t>(std::clamp<__int128>(apart < 0 ? -apart : apart, 1, most));
}

std::string Subject::money(std::int64_t amount, Name currency) const {
    const auto& code = text(currency);
    return std::to_string(amount) + (code.empty() ? "" : " " + code);
}

Checks audit(Books& books, const Scope& scope) {
    arrange(books);
    for (const auto& one : subscriptions) {
        books.names.of(one.type);
        books.names.of(one.queue);
    }
    Subject subject{.books = books,
                    .settled_until = {},
                    .unsettled = {},
                    .retained_since = books.now - scope.retained,
                    .part = scope.part,
                    .levels = scope.levels};
    if (scope.grace) {
        subject.settled_until = books.now - *scope.grace;
        subject.unsettled = unsettled_orders(books, *subject.settled_until);
    }
    Checks checks;
    check_orders(subject, checks);
    check_stock(subject, checks);
    check_money(subject, checks);
    check_bounds(subject, checks);
    check_messages(subject, checks);
    check_clients(subject, checks);
    check_cache(subject, checks);
    std::ranges::sort(checks, {}, number_of);
    return checks;
}

}  // namespace shop::audit
