#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "tools/audit/audit.hpp"

namespace shop::audit {

namespace {

using Kind = ClientOperation::Kind;
using Result = ClientOperation::Result;
using UserKey = std::pair<UserId, std::string_view>;

constexpr std::string_view no_history = "not applicable: no client history was given (--clients FILE)";
/// The clocks of a client and of the database may be this far apart.
constexpr std::chrono::seconds skew{5};

std::string name_of(const ClientOperation& operation) {
    return "operation " + std::to_string(operation.number) + " of user " + operation.user.text() +
           (operation.key.empty() ? "" : ", key '" + operation.key + "',");
}

std::string key_row(UserId user, std::string_view key) {
    return row("order_db.idempotency_keys", "user_id", user.text()) + " key=" + std::string(key);
}

/// What a history says about one user's key, and about the orders that it was told of.
struct Attempts {
    std::map<UserKey, bool> keys;               // Whether some attempt under it may have been done.
    std::map<UserId, std::size_t> without_key;  // Attempts that left no key and may have been done.
    std::set<OrderId> told;
    Time began = Time::max();
};

Attempts attempts_in(const std::vector<ClientOperation>& operations) {
    Attempts attempts;
    for (const auto& operation : operations) {
        attempts.began = std::min(attempts.began, operation.asked_at);
        auto& without_key = attempts.without_key[operation.user];
        attempts.told.insert(operation.orders.begin(), operation.orders.end());
        if (operation.kind != Kind::place) continue;
        const bool may_be_done = operation.result != Result::refused;
        if (operation.key.empty())
            without_key += may_be_done && operation.orders.empty() ? 1 : 0;
        else
            attempts.keys[{operation.user, operation.key}] |= may_be_done;
    }
    return attempts;
}

class ClientCheck {
  public:
    explicit ClientCheck(const Subject& subject)
        : subject_(subject), operations_(*subject.books.clients), attempts_(attempts_in(operations_)) {}

    Check make() {
        for (const auto& operation : operations_) {
            one_order(operation);
            if (operation.result == Result::done) promised(operation);
        }
        stored_keys();
        stored_orders();
        return std::move(check_);
    }

  private:
    void found(std::string subject, std::string detail, std::int64_t wrong, std::vector<std::string> rows) {
        check_.found({std::move(subject), std::move(detail), wrong, std::move(rows)});
    }

    const IdempotencyKey* key_of(UserId user, std::string_view key) const {
        const auto& keys = subject_.books.keys;  // Sorted by user and key.
        const auto place = std::ranges::lower_bound(
            keys, UserKey{user, key}, {}, [](const auto& one) { return UserKey{one.user, one.key}; });
        return place != keys.end() && place->user == user && place->key == key ? &*place : nullptr;
    }

    void one_order(const ClientOperation& operation) {
        if (operation.orders.size() < 2) return;
        std::string ids;
        std::vector<std::string> rows;
        for (const auto order : operation.orders) {
            ids += (ids.empty() ? "" : " and ") + order.text();
            rows.push_back(order_row(order));
        }
        found(operation.orders.front().text(), "duplicate: " + name_of(operation) + " was told of " + ids,
              static_cast<std::int64_t>(operation.orders.size()) - 1, std::move(rows));
    }

    /// What was acknowledged is stored, under its key, and ended as it was told.
    void promised(const ClientOperation& operation) {
        const bool placed = operation.kind == Kind::place;
        const auto* key = placed && !operation.key.empty() ? key_of(operation.user, operation.key) : nullptr;
        if (placed && !operation.key.empty() && !key && operation.asked_at >= subject_.retained_since)
            found(operation.orders.empty() ? operation.key : operation.orders.front().text(),
                  "lost: " + name_of(operation) + " was done, and its key is not stored", 1,
                  {key_row(operation.user, operation.key)});
        if (operation.orders.empty()) return;
        const auto id = operation.orders.front();
        const auto* order = find_order(subject_.books, id);
        if (!order)
            found(id.text(),
                  "lost: " + name_of(operation) + " was answered with this order, which is not stored", 1,
                  {order_row(id)});
        else if (key && key->order != id)
            found(id.text(),
                  "duplicate: " + name_of(operation) + " was answered with this order, its key names " +
                      key->order.text(),
                  order->total, {order_row(id), order_row(key->order), key_row(key->user, key->key)});
        if (order && operation.outcome) outcome(operation, *order);
    }

    void outcome(const ClientOperation& operation, const Order& order) {
        const auto told = *operation.outcome;
        const bool kept = told == order.status || told == OrderStatus::pending ||
                          (told == OrderStatus::cancelling && order.status == OrderStatus::cancelled);
        if (!kept)
            found(order.id.text(),
                  "outcome: " + name_of(operation) + " was told " + word(told) + ", the order is " +
                      word(order.status),
                  order.total, {order_row(order.id), history_row(order.id)});
    }

    /// Old enough to be in the history, and young enough not to have come after it was read.
    bool covered(Time created_at) const {
        return created_at >= attempts_.began - skew && subject_.settled(created_at);
    }

    void stored_keys() {
        for (const auto& key : subject_.books.keys) {
            if (!attempts_.without_key.contains(key.user) || !covered(key.created_at)) continue;
            const auto attempt = attempts_.keys.find({key.user, key.key});
            if (attempt != attempts_.keys.end() && attempt->second) continue;
            const bool refused = attempt != attempts_.keys.end();
            found(key.order.text(),
                  "unexpected: stored under key '" + key.key + "' of user " + key.user.text() +
                      (refused ? ", and every attempt with it was refused" : ", which nobody attempted"),
                  1, {key_row(key.user, key.key), order_row(key.order)});
        }
    }

    /// Orders that neither a key nor an answer accounts for; an attempt without a key may have left one.
    void stored_orders() {
        std::set<OrderId> named;
        for (const auto& key : subject_.books.keys) named.insert(key.order);
        auto may_be = attempts_.without_key;
        for (const auto& order : subject_.books.orders) {
            const auto user = may_be.find(order.user);
            const bool accounted = named.contains(order.id) || attempts_.told.contains(order.id);
            if (user == may_be.end() || accounted || !covered(order.created_at)) continue;
            if (user->second > 0) {
                --user->second;
                continue;
            }
            found(order.id.text(),
                  "unexpected: no operation of user " + order.user.text() + " accounts for it", order.total,
                  {order_row(order.id)});
        }
    }

    const Subject& subject_;
    const std::vector<ClientOperation>& operations_;
    const Attempts attempts_;
    Check check_{"A13",
                 "what clients were promised is there once, as told, and nothing that nobody asked for"};
};

Check promises(const Subject& subject) {
    if (subject.books.clients) return ClientCheck(subject).make();
    return {"A13", "what clients were promised is there once, as told, and nothing that nobody asked for",
            no_history};
}

Check owners(const Subject& subject) {
    Check check{"A18", "an order belongs to whoever placed it"};
    if (!subject.books.clients) {
        check.not_applicable = no_history;
        return check;
    }
    for (const auto& operation : *subject.books.clients) {
        if (operation.kind != Kind::place || operation.result != Result::done) continue;
        for (const auto id : operation.orders) {
            const auto* order = find_order(subject.books, id);
            if (!order || order->user == operation.user) continue;
            check.found(
                {.subject = id.text(),
                 .detail = name_of(operation) + " placed it, and it belongs to user " + order->user.text(),
                 .wrong = order->total,
                 .rows = {order_row(id)}});
        }
    }
    return check;
}

}  // namespace

void check_clients(const Subject& subject, Checks& checks) {
    checks.push_back(promises(subject));
    checks.push_back(owners(subject));
}

}  // namespace shop::audit
