#include "services/order-service/app/infrastructure/pg_order_transaction.hpp"

#include <algorithm>
#include <set>

#include "platform/base/crash_point.hpp"
#include "platform/messaging/outbox.hpp"
#include "services/order-service/app/infrastructure/order_rows.hpp"

namespace shop::order {
namespace {

using platform::postgres::Json;
using platform::postgres::Statement;

template <class T>
using Array = std::vector<T>;

struct DueRow {
    OrderId id;
    UserId user_id;
    OrderStatus status{};
    std::int32_t step = 0;
    std::int32_t undos_open = 0;
    std::int32_t undo_round = 0;
    std::optional<Time> deadline;
    std::int32_t version = 0;
    std::optional<CancelReason> cancel_reason;
    std::string cancel_detail;
};
BOOST_DESCRIBE_STRUCT(DueRow, (),
                      (id, user_id, status, step, undos_open, undo_round, deadline, version, cancel_reason,
                       cancel_detail))

struct OrderRow : DueRow {
    Json lines;
};
BOOST_DESCRIBE_STRUCT(OrderRow, (DueRow), (lines))

// Two replicas that lock the same orders in different orders would wait for each other.
const Statement<Array<OrderRow>(Array<OrderId>)> lock_orders{"order.lock", R"sql(
select id, user_id, status, step, undos_open, undo_round, deadline, version, cancel_reason,
    cancel_detail, lines
from orders where id = any($1) order by id for update)sql"};

// Another replica may be at it: what it has locked it will also handle. Without the lines: one order whose
// lines cannot be read must not stop the deadlines of all others.
const Statement<Array<DueRow>(std::int64_t)> lock_due{"order.lock_due", R"sql(
select id, user_id, status, step, undos_open, undo_round, deadline, version, cancel_reason, cancel_detail
from orders where status in ('pending', 'cancelling') and deadline <= now()
limit $1 for update skip locked)sql"};

const Statement<Array<std::string>(Array<std::string>)> unsent_subjects{"order.unsent_subjects", R"sql(
select distinct subject from outbox where sent_at is null and subject = any($1))sql"};

// Not now(): that is when the transaction began, and it may have waited for locks since.
const Statement<Time()> database_time{"order.database_time", "select clock_timestamp()"};

const Statement<void(Array<OrderId>, Array<OrderStatus>, Array<std::int32_t>, Array<std::int32_t>,
                     Array<std::int32_t>, Array<std::optional<Time>>, Array<std::int32_t>,
                     Array<std::optional<CancelReason>>, Array<std::string>)>
    update_orders{"order.update", R"sql(
update orders o set status = n.status, step = n.step, undos_open = n.undos_open, undo_round = n.undo_round,
    deadline = n.deadline, version = n.version, cancel_reason = n.cancel_reason,
    cancel_detail = n.cancel_detail, updated_at = now()
from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)
    as n(id, status, step, undos_open, undo_round, deadline, version, cancel_reason, cancel_detail)
where o.id = n.id)sql"};

// A reply that only adds to the timeline. The time is where readers of the history look for its end.
const Statement<void(Array<OrderId>)> note_orders{"order.note", R"sql(
update orders set updated_at = now() where id = any($1))sql"};

Order order_of(DueRow row) {
    return {.id = row.id,
            .user = row.user_id,
            .saga = {row.status, row.step, row.undos_open, row.undo_round, row.deadline},
            .version = row.version,
            .cancel_reason = row.cancel_reason,
            .cancel_detail = std::move(row.cancel_detail),
            .lines = {}};
}

Order order_of(OrderRow row) {
    auto lines = lines_of(row.lines);
    auto order = order_of(DueRow{std::move(row)});
    order.lines = std::move(lines);
    return order;
}

template <class Row>
void keep(LockedOrders& locked, std::vector<Row> rows) {
    for (auto& row : rows) {
        const auto id = row.id;
        locked.orders.emplace(id, order_of(std::move(row)));
    }
}

void write_orders(platform::postgres::Transaction& tx, const std::vector<Order>& orders) {
    if (orders.empty()) return;
    Array<OrderId> ids;
    Array<OrderStatus> statuses;
    Array<std::int32_t> steps, undos_open, undo_rounds, versions;
    Array<std::optional<Time>> deadlines;
    Array<std::optional<CancelReason>> reasons;
    Array<std::string> details;
    for (const auto& order : orders) {
        ids.push_back(order.id);
        statuses.push_back(order.saga.status);
        steps.push_back(order.saga.step);
        undos_open.push_back(order.saga.undos_open);
        undo_rounds.push_back(order.saga.undo_round);
        deadlines.push_back(order.saga.deadline);
        versions.push_back(order.version);
        reasons.push_back(order.cancel_reason);
        details.push_back(order.cancel_detail);
    }
    tx.send(update_orders, ids, statuses, steps, undos_open, undo_rounds, deadlines, versions, reasons,
            details);
}

void write_noted(platform::postgres::Transaction& tx, const Changes& changes) {
    std::set<OrderId> written;
    for (const auto& order : changes.orders) written.insert(order.id);
    Array<OrderId> noted;
    for (const auto& entry : changes.history)
        if (!written.contains(entry.order_id)) noted.push_back(entry.order_id);
    if (!noted.empty()) tx.send(note_orders, noted);
}

}  // namespace

PgOrderTransaction::PgOrderTransaction(platform::postgres::Transaction tx,
                                       const platform::messaging::Inbox& inbox,
                                       std::function<void()> committed)
    : tx_(std::move(tx)), inbox_(inbox), committed_(std::move(committed)) {}

awaitable<LockedOrders> PgOrderTransaction::load(std::vector<SagaMessage> messages) {
    std::vector<OrderId> ids;
    for (const auto& message : messages)
        ids.push_back(std::visit([](const auto& event) { return event.order_id; }, message.event));
    std::ranges::sort(ids);
    ids.erase(std::ranges::unique(ids).begin(), ids.end());

    auto marked = inbox_.mark(tx_, platform::messaging::ids_of(messages));
    auto rows = tx_.send(lock_orders, ids);
    auto now = tx_.send(database_time);
    co_await tx_.flush();
    LockedOrders locked{.now = now.get(), .fresh = {}, .orders = {}, .still_unsent = {}};
    locked.fresh = inbox_.keep_new(std::move(messages), marked.get());
    keep(locked, rows.get());
    co_return locked;
}

awaitable<LockedOrders> PgOrderTransaction::load_due(std::size_t limit) {
    auto rows = tx_.send(lock_due, static_cast<std::int64_t>(limit));
    auto now = tx_.send(database_time);
    co_await tx_.flush();
    LockedOrders locked{.now = now.get(), .fresh = {}, .orders = {}, .still_unsent = {}};
    keep(locked, rows.get());
    if (locked.orders.empty()) co_return locked;

    std::vector<std::string> subjects;
    for (const auto& [id, order] : locked.orders) subjects.push_back(id.text());
    // Planned for these values, each event of a backlog is looked up in a hash of the subjects and not
    // compared with all of them.
    tx_.send(plan_for_the_values);
    auto unsent = tx_.send(unsent_subjects, subjects);
    co_await tx_.flush();
    for (const auto& subject : unsent.get())
        if (const auto id = OrderId::parse(subject)) locked.still_unsent.push_back(*id);
    std::ranges::sort(locked.still_unsent);
    co_return locked;
}

awaitable<LockedOrders> PgOrderTransaction::load_one(OrderId id) {
    auto rows = tx_.send(lock_orders, std::vector<OrderId>(1, id));
    auto now = tx_.send(database_time);
    co_await tx_.flush();
    LockedOrders locked{.now = now.get(), .fresh = {}, .orders = {}, .still_unsent = {}};
    keep(locked, rows.get());
    co_return locked;
}

awaitable<void> PgOrderTransaction::save(Changes changes) {
    write_orders(tx_, changes.orders);
    write_noted(tx_, changes);
    write_history(tx_, changes.history);
    CRASH_POINT("order.save.between_state_and_outbox");
    platform::messaging::write_events(tx_, changes.events);
    wrote_events_ |= !changes.events.empty();
    co_return;  // Sent together with the commit.
}

awaitable<void> PgOrderTransaction::commit() {
    co_await tx_.commit();
    if (wrote_events_) committed_();
}

}  // namespace shop::order
