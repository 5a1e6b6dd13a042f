#include "tools/audit/audit.hpp"

#include <algorithm>
#include <charconv>

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

void add_what_cannot_be_checked(Checks& checks) {
    checks.push_back({"A13", "what clients were promised is there, and nothing else",
                      "not applicable yet: clients keep no log"});
    checks.push_back({"A17", "the cache says what the database says",
                      "not applicable: details of products, all that is cached, may be a minute old, and "
                      "nothing is decided from them"});
    checks.push_back(
        {"A18", "an order belongs to whoever placed it", "not applicable yet: there is no access log"});
}

}  // namespace

void Check::found(std::string subject, std::string detail) {
    ++count;
    if (offenders.size() < offenders_max) offenders.push_back({std::move(subject), std::move(detail)});
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
    Subject subject{
        .books = books, .settled_until = {}, .unsettled = {}, .retained_since = books.now - scope.retained};
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
    add_what_cannot_be_checked(checks);
    std::ranges::sort(checks, {}, number_of);
    return checks;
}

}  // namespace shop::audit
