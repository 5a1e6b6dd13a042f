#include <algorithm>
#include <map>
#include <span>

#include "tools/audit/audit.hpp"

namespace shop::audit {

namespace {

constexpr bool is_final(OrderStatus status) {
    return status == OrderStatus::confirmed || status == OrderStatus::cancelled;
}

/// A change of state that the saga may make. Staying where one is counts: a step was completed, or an undo
/// was answered or sent again.
constexpr bool allowed(OrderStatus from, OrderStatus to) {
    switch (from) {
        case OrderStatus::pending: return true;
        case OrderStatus::cancelling: return to == OrderStatus::cancelling || to == OrderStatus::cancelled;
        case OrderStatus::confirmed:
        case OrderStatus::cancelled: return false;
    }
    return false;
}

constexpr bool is_final(PaymentStatus status) {
    switch (status) {
        case PaymentStatus::fresh:
        case PaymentStatus::charging:
        case PaymentStatus::unknown:
        case PaymentStatus::refunding: return false;
        case PaymentStatus::charged:
        case PaymentStatus::declined:
        case PaymentStatus::refunded:
        case PaymentStatus::voided:
        case PaymentStatus::manual: return true;
    }
    return false;
}

Check no_stuck_order(const Subject& subject) {
    Check check{"A1", "no order and no payment is still under way"};
    // By the time they were made: one that is tried again and again is always recently changed.
    for (const auto& order : subject.books.orders)
        if (!is_final(order.status) && subject.settled(order.created_at))
            check.found(order.id.text(), "order is " + word(order.status) + " since it was made at " +
                                             platform::rfc3339(order.created_at));
    for (const auto& payment : subject.books.payments)
        if (!is_final(payment.status) && subject.settled(payment.created_at))
            check.found(payment.order.text(), "payment is " + word(payment.status) + ", last touched at " +
                                                  platform::rfc3339(payment.updated_at));
    return check;
}

/// What is wrong with the rows of one order, in order of version; nothing when all is well.
std::optional<std::string> illegal(std::span<const HistoryRow> rows, const Order& order) {
    std::int32_t version = 0;
    auto status = OrderStatus::pending;
    for (const auto& row : rows) {
        const auto at = "version " + std::to_string(row.version);
        if (!row.changed) {
            if (row.from != row.to)
                return at + " is a note, but goes " + word(row.from) + " -> " + word(row.to);
            continue;
        }
        if (row.version != version + 1)
            return "version " + std::to_string(version) + " is followed by version " +
                   std::to_string(row.version);
        if (version > 0 && is_final(status)) return at + " comes after the final " + word(status);
        if (row.from != status)
            return at + " begins at " + word(row.from) + ", the one before ended at " + word(status);
        if (!allowed(row.from, row.to)) return at + " goes " + word(row.from) + " -> " + word(row.to);
        version = row.version;
        status = row.to;
    }
    if (version == 0) return "there is no history";
    if (version != order.version || status != order.status)
        return "history ends at version " + std::to_string(version) + ", " + word(status) +
               "; the order is at version " + std::to_string(order.version) + ", " + word(order.status);
    if (rows.back().version > version) return "a note is about a version that was never made";
    return std::nullopt;
}

/// Orders and their history come from one snapshot, so this is exact on a running system too.
Check legal_history(const Subject& subject) {
    Check check{"A10",
                "the history of an order has versions 1..n, allowed steps only, and ends where the order is"};
    const auto& history = subject.books.history;
    auto row = history.begin();
    const auto skip_rows_without_order = [&](auto until) {
        while (row != history.end() && until(*row)) {
            check.found(row->order.text(), "history of an order that does not exist");
            const auto order = row->order;
            while (row != history.end() && row->order == order) ++row;
        }
    };
    for (const auto& order : subject.books.orders) {
        skip_rows_without_order([&](const HistoryRow& one) { return one.order < order.id; });
        const auto begin = row;
        while (row != history.end() && row->order == order.id) ++row;
        if (auto why = illegal({begin, row}, order)) check.found(order.id.text(), std::move(*why));
    }
    skip_rows_without_order([](const HistoryRow&) { return true; });
    return check;
}

Check total_is_sum(const Subject& subject) {
    Check check{"A11", "the total of an order is the sum of its lines, in one currency"};
    for (const auto& order : subject.books.orders) {
        if (!order.lines_readable) {
            check.found(order.id.text(), "the lines cannot be read");
            continue;
        }
        __int128 sum = 0;
        bool one_currency = true;
        for (const auto& line : order.lines) {
            sum += static_cast<__int128>(line.quantity) * line.unit_price;
            one_currency = one_currency && line.currency == order.currency;
        }
        if (sum != order.total)
            check.found(order.id.text(), "total " + subject.money(order.total, order.currency) + ", lines " +
                                             std::to_string(static_cast<std::int64_t>(sum)));
        else if (!one_currency)
            check.found(order.id.text(), "a line is not in " + subject.text(order.currency));
    }
    return check;
}

Check keys_name_orders(const Subject& subject) {
    Check check{"A12", "an idempotency key names one order, of the user who sent it"};
    std::unordered_set<OrderId> named;
    const IdempotencyKey* before = nullptr;
    for (const auto& key : subject.books.keys) {
        const auto who = "key '" + key.key + "' of user " + key.user.text();
        const auto* order = find_order(subject.books, key.order);
        if (before && before->user == key.user && before->key == key.key)
            check.found(key.order.text(), who + " also names " + before->order.text());
        else if (!order)
            check.found(key.order.text(), who + " names an order that does not exist");
        else if (order->user != key.user)
            check.found(key.order.text(), who + " names an order of user " + order->user.text());
        else if (!named.insert(key.order).second)
            check.found(key.order.text(), who + " is not the only key that names this order");
        before = &key;
    }
    return check;
}

}  // namespace

void check_orders(const Subject& subject, Checks& checks) {
    checks.push_back(no_stuck_order(subject));
    checks.push_back(legal_history(subject));
    checks.push_back(total_is_sum(subject));
    checks.push_back(keys_name_orders(subject));
}

}  // namespace shop::audit
