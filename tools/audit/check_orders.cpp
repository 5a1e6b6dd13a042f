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
    if (!subject.sums()) return check;  // Made of what is under way, not order by order.
    // By the time they were made: one that is tried again and again is always recently changed.
    for (const auto& order : subject.books.orders)
        if (!is_final(order.status) && subject.settled(order.created_at))
            check.found({.subject = order.id.text(),
                         .detail = "order is " + word(order.status) + " since it was made at " +
                                   platform::rfc3339(order.created_at),
                         .wrong = order.total,
                         .rows = {order_row(order.id), history_row(order.id)}});
    for (const auto& payment : subject.books.payments)
        if (!is_final(payment.status) && subject.settled(payment.created_at))
            check.found({.subject = payment.order.text(),
                         .detail = "payment is " + word(payment.status) + ", last touched at " +
                                   platform::rfc3339(payment.updated_at),
                         .wrong = payment.amount,
                         .rows = {payment_row(payment.order)}});
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
    if (!subject.single_orders()) return check;
    const auto& history = subject.books.history;
    auto row = history.begin();
    const auto skip_rows_without_order = [&](auto until) {
        while (row != history.end() && until(*row)) {
            const auto order = row->order;
            check.found({.subject = order.text(),
                         .detail = "history of an order that does not exist",
                         .rows = {history_row(order)}});
            while (row != history.end() && row->order == order) ++row;
        }
    };
    for (const auto& order : subject.books.orders) {
        skip_rows_without_order([&](const HistoryRow& one) { return one.order < order.id; });
        const auto begin = row;
        while (row != history.end() && row->order == order.id) ++row;
        if (auto why = illegal({begin, row}, order))
            check.found({.subject = order.id.text(),
                         .detail = std::move(*why),
                         .rows = {history_row(order.id), order_row(order.id)}});
    }
    skip_rows_without_order([](const HistoryRow&) { return true; });
    return check;
}

/// False when the catalogue names another price, and did so well before the order was made. Former prices are
/// not kept, so an order from before the last change of an article cannot be judged.
bool priced_by_catalogue(const Subject& subject, const Order& order, const Line& line) {
    // A request may take this long between asking for the price and the commit of its order.
    constexpr std::chrono::seconds pricing_max{30};
    const auto* newest = find_price(subject.books, line.sku);
    if (!newest || newest->updated_at + pricing_max >= order.created_at) return true;
    return newest->price == line.unit_price && newest->currency == line.currency;
}

void off_price(const Subject& subject, const Order& order, const Line& line, Check& check) {
    const auto& sku = subject.text(line.sku);
    const auto* newest = find_price(subject.books, line.sku);
    check.found({.subject = order.id.text(),
                 .detail = sku + " at " + subject.money(line.unit_price, line.currency) +
                           ", the catalogue says " + subject.money(newest->price, newest->currency) +
                           " since " + platform::rfc3339(newest->updated_at),
                 .wrong = distance(newest->price, line.unit_price) * std::max<std::int64_t>(line.quantity, 1),
                 .rows = {order_row(order.id), row("order_db.catalogue", "sku", sku)}});
}

Check total_is_sum(const Subject& subject) {
    Check check{"A11", "the total of an order is the sum of its lines, in one currency, at catalogue prices"};
    if (!subject.single_orders()) return check;
    for (const auto& order : subject.books.orders) {
        const auto wrong = [&](std::string detail, std::int64_t amount) {
            check.found({.subject = order.id.text(),
                         .detail = std::move(detail),
                         .wrong = amount,
                         .rows = {order_row(order.id)}});
        };
        if (!order.lines_readable) {
            wrong("the lines cannot be read", order.total);
            continue;
        }
        __int128 sum = 0;
        bool one_currency = true;
        const Line* tampered = nullptr;
        for (const auto& line : order.lines) {
            sum += static_cast<__int128>(line.quantity) * line.unit_price;
            one_currency = one_currency && line.currency == order.currency;
            if (!tampered && !priced_by_catalogue(subject, order, line)) tampered = &line;
        }
        if (sum != order.total)
            wrong("total " + subject.money(order.total, order.currency) + ", lines " +
                      std::to_string(static_cast<std::int64_t>(sum)),
                  distance(order.total, static_cast<std::int64_t>(sum)));
        else if (!one_currency)
            wrong("a line is not in " + subject.text(order.currency), order.total);
        else if (tampered)
            off_price(subject, order, *tampered, check);
    }
    return check;
}

Check keys_name_orders(const Subject& subject) {
    Check check{"A12", "an idempotency key names one order, of the user who sent it"};
    std::unordered_set<OrderId> named;
    const IdempotencyKey* before = nullptr;
    for (const auto& key : subject.books.keys) {
        const auto* order = find_order(subject.books, key.order);
        const auto wrong = [&](std::string what) {
            check.found(
                {.subject = key.order.text(),
                 .detail = "key '" + key.key + "' of user " + key.user.text() + " " + what,
                 .wrong = order ? order->total : 1,
                 .rows = {row("order_db.idempotency_keys", "user_id", key.user.text()) + " key=" + key.key,
                          order_row(key.order)}});
        };
        if (before && before->user == key.user && before->key == key.key)
            wrong("also names " + before->order.text());
        else if (!order)
            wrong("names an order that does not exist");
        else if (order->user != key.user)
            wrong("names an order of user " + order->user.text());
        else if (!named.insert(key.order).second)
            wrong("is not the only key that names this order");
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
