#include "services/order-service/app/infrastructure/pg_orders.hpp"

#include <map>
#include <set>

#include "platform/base/crash_point.hpp"
#include "platform/messaging/outbox.hpp"
#include "services/order-service/app/infrastructure/order_rows.hpp"
#include "services/order-service/app/infrastructure/pg_order_transaction.hpp"

namespace shop::order {
namespace {

using platform::postgres::Json;
using platform::postgres::Pending;
using platform::postgres::Statement;
using platform::postgres::Transaction;

template <class T>
using Array = std::vector<T>;

struct KeyRow {
    UserId user_id;
    std::string key;
    std::string request_sha256;
    OrderId order_id;
};
BOOST_DESCRIBE_STRUCT(KeyRow, (), (user_id, key, request_sha256, order_id))

const Statement<Array<KeyRow>(Array<UserId>, Array<std::string>)> find_keys{"order.find_keys", R"sql(
select user_id, key, request_sha256, order_id from idempotency_keys
where (user_id, key) in (select * from unnest($1, $2)))sql"};

// A concurrent insert of the same key is waited for. Those returned are ours; the others' winners are
// committed by then, and a second statement, which sees them, reads them.
const Statement<Array<OrderId>(Array<UserId>, Array<std::string>, Array<std::string>, Array<OrderId>)>
    insert_keys{"order.insert_keys", R"sql(
insert into idempotency_keys (user_id, key, request_sha256, order_id)
select * from unnest($1, $2, $3, $4) as k(user_id, key, request_sha256, order_id) order by user_id, key
on conflict do nothing returning order_id)sql"};

// The first deadline counts from the database's clock, like all later ones.
const Statement<Array<platform::Time>(Array<OrderId>, Array<UserId>, Array<std::int64_t>, Array<Json>,
                                      Array<std::int64_t>, Array<std::string>, Array<std::string>,
                                      Array<std::string>)>
    insert_orders{"order.insert", R"sql(
insert into orders (id, user_id, status, step, undos_open, undo_round, deadline, version, lines, total_amount,
    currency, shipping_address, payment_method)
select id, user_id, 'pending', 0, 0, 0, now() + within_us * interval '1 microsecond', 1, lines, total_amount,
    currency, shipping_address, payment_method
from unnest($1, $2, $3, $4, $5, $6, $7, $8)
    as o(id, user_id, within_us, lines, total_amount, currency, shipping_address, payment_method)
order by id
returning created_at)sql"};

using KeyRows = std::map<std::pair<UserId, std::string>, KeyRow>;

KeyRows by_key(std::vector<KeyRow> rows) {
    KeyRows out;
    for (auto& row : rows) out.emplace(std::pair{row.user_id, row.key}, row);
    return out;
}

/// The times at which they were placed, which are all the same.
Pending<Array<platform::Time>> write_orders(Transaction& tx, const std::vector<const NewOrder*>& orders) {
    Array<OrderId> ids;
    Array<UserId> users;
    Array<std::int64_t> within, totals;
    Array<Json> lines;
    Array<std::string> currencies, addresses, methods;
    std::vector<HistoryEntry> history;
    std::vector<Changes::Event> events;
    for (const auto* one : orders) {
        ids.push_back(one->order.id);
        users.push_back(one->order.user);
        within.push_back((*one->order.saga.deadline - one->placed_at).count());
        totals.push_back(one->total.amount);
        lines.push_back(json_of(one->order.lines));
        currencies.push_back(one->total.currency.value);
        addresses.push_back(one->shipping_address);
        methods.push_back(one->payment_method);
        history.insert(history.end(), one->changes.history.begin(), one->changes.history.end());
        events.insert(events.end(), one->changes.events.begin(), one->changes.events.end());
    }
    auto times = tx.send(insert_orders, ids, users, within, lines, totals, currencies, addresses, methods);
    write_history(tx, history);
    platform::messaging::write_events(tx, events);
    return times;
}

PlacedOrder placed_at(platform::Time time, NewOrder order) {
    const auto id = order.order.id;
    return {.id = id,
            .repeated = false,
            .as_placed = OrderView{.id = id,
                                   .status = order.order.saga.status,
                                   .lines = std::move(order.order.lines),
                                   .total = std::move(order.total),
                                   .shipping_address = std::move(order.shipping_address),
                                   .cancel_reason = {},
                                   .cancel_detail = {},
                                   .created_at = time,
                                   .updated_at = time}};
}

Pending<std::vector<OrderId>> write_keys(Transaction& tx, const std::vector<NewOrder>& orders) {
    Array<UserId> users;
    Array<std::string> keys, hashes;
    Array<OrderId> ids;
    for (const auto& one : orders) {
        if (one.key.key.empty()) continue;
        users.push_back(one.order.user);
        keys.push_back(one.key.key);
        hashes.push_back(one.key.request_sha256);
        ids.push_back(one.order.id);
    }
    return tx.send(insert_keys, users, keys, hashes, ids);
}

}  // namespace

// The oldest by the index on age, then each by its place: nothing reads the whole table.
const Statement<std::int64_t(std::int32_t, std::int64_t)> prune_keys{"order.prune_keys", R"sql(
with gone as (
    delete from idempotency_keys where ctid = any(array(
        select ctid from idempotency_keys where created_at < now() - make_interval(hours => $1)
        order by created_at limit $2 for update skip locked))
    returning 1)
select count(*) from gone)sql"};

PgOrders::PgOrders(boost::asio::io_context& io, platform::postgres::Pool& pool,
                   platform::messaging::Inbox& inbox, platform::postgres::BatcherConfig batches,
                   std::function<void()> committed)
    : pool_(pool),
      inbox_(inbox),
      committed_(std::move(committed)),
      lookups_(io, batches, [this](std::vector<Lookup> lookups) { return find_all(std::move(lookups)); }),
      placements_(io, batches,
                  [this](std::vector<NewOrder> orders) { return commit_all(std::move(orders)); }) {}

awaitable<std::unique_ptr<OrderTransaction>> PgOrders::begin() {
    auto tx = co_await pool_.begin();
    co_return std::make_unique<PgOrderTransaction>(std::move(tx), inbox_, committed_);
}

awaitable<std::expected<std::optional<OrderId>, Refusal>> PgOrders::find(UserId buyer, IdempotencyKey key) {
    co_return co_await lookups_.submit(Lookup{buyer, std::move(key)});
}

awaitable<std::expected<PlacedOrder, Refusal>> PgOrders::commit(NewOrder order) {
    // Keys live for hours: one that is pruned each time it is used is not a key that grew old.
    constexpr int attempts_max = 3;
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        auto settled = co_await placements_.submit(std::move(order));
        if (const auto* placed = std::get_if<Placed>(&settled)) co_return *placed;
        order = std::get<NewOrder>(std::move(settled));
    }
    throw platform::Unavailable("an idempotency key goes away whenever it is used");
}

awaitable<std::vector<PgOrders::Found>> PgOrders::find_all(std::vector<Lookup> lookups) {
    Array<UserId> users;
    Array<std::string> keys;
    for (const auto& lookup : lookups) {
        users.push_back(lookup.buyer);
        keys.push_back(lookup.key.key);
    }
    auto rows = co_await pool_.run(find_keys, users, keys);
    const auto known = by_key(std::move(rows));
    std::vector<Found> out;
    for (const auto& lookup : lookups) {
        const auto found = known.find({lookup.buyer, lookup.key.key});
        if (found == known.end()) {
            out.emplace_back(std::optional<OrderId>{});
        } else if (found->second.request_sha256 != lookup.key.request_sha256) {
            out.emplace_back(std::unexpected(Refusal::idempotency_key_reused));
        } else {
            out.emplace_back(found->second.order_id);
        }
    }
    co_return out;
}

awaitable<std::vector<PgOrders::Settled>> PgOrders::commit_all(std::vector<NewOrder> orders) {
    auto tx = co_await pool_.begin();
    std::set<OrderId> won;
    if (std::ranges::any_of(orders, [](const NewOrder& one) { return !one.key.key.empty(); })) {
        auto returned = write_keys(tx, orders);
        co_await tx.flush();
        for (const auto& id : returned.get()) won.insert(id);
    }
    std::vector<const NewOrder*> new_ones;
    Array<UserId> users;
    Array<std::string> keys;
    for (const auto& one : orders) {
        if (one.key.key.empty() || won.contains(one.order.id)) {
            new_ones.push_back(&one);
        } else {
            users.push_back(one.order.user);
            keys.push_back(one.key.key);
        }
    }
    std::optional<Pending<Array<platform::Time>>> times;
    if (!new_ones.empty()) times = write_orders(tx, new_ones);
    std::optional<Pending<Array<KeyRow>>> winners;
    if (!users.empty()) winners = tx.send(find_keys, users, keys);
    CRASH_POINT("order.place.before_commit");
    co_await tx.commit();
    CRASH_POINT("order.place.after_commit");
    if (!new_ones.empty()) committed_();

    const auto known = winners ? by_key(winners->get()) : KeyRows{};
    const auto time = times ? times->get().front() : platform::Time{};
    std::vector<Settled> out;
    for (auto& one : orders) {
        const auto found = known.find({one.order.user, one.key.key});
        if (one.key.key.empty() || won.contains(one.order.id)) {
            out.emplace_back(Placed{placed_at(time, std::move(one))});
        } else if (found == known.end()) {
            out.emplace_back(std::move(one));  // Its key has been pruned since: now it is a new one.
        } else if (found->second.request_sha256 != one.key.request_sha256) {
            out.emplace_back(Placed{std::unexpected(Refusal::idempotency_key_reused)});
        } else {
            out.emplace_back(Placed{PlacedOrder{found->second.order_id, true}});
        }
    }
    co_return out;
}

awaitable<void> PgOrders::stop() {
    lookups_.stop();
    placements_.stop();
    co_return;
}

}  // namespace shop::order
