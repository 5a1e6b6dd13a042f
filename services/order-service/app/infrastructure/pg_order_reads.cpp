#include "services/order-service/app/infrastructure/pg_order_reads.hpp"

#include "services/order-service/app/infrastructure/order_rows.hpp"

namespace shop::order {
namespace {

using platform::postgres::Json;
using platform::postgres::Statement;

struct ViewRow {
    OrderId id;
    OrderStatus status{};
    Json lines;
    std::int64_t total_amount = 0;
    Currency currency;
    std::string shipping_address;
    std::optional<CancelReason> cancel_reason;
    std::string cancel_detail;
    platform::Time created_at;
    platform::Time updated_at;
};
BOOST_DESCRIBE_STRUCT(ViewRow, (),
                      (id, status, lines, total_amount, currency, shipping_address, cancel_reason,
                       cancel_detail, created_at, updated_at))

const Statement<std::optional<ViewRow>(OrderId, UserId)> find_order{"order.view", R"sql(
select id, status, lines, total_amount, currency, shipping_address, cancel_reason, cancel_detail,
    created_at, updated_at
from orders where id = $1 and user_id = $2)sql"};

const Statement<std::vector<ViewRow>(UserId, std::optional<OrderId>, std::int64_t)> list_orders{"order.list",
                                                                                                R"sql(
select id, status, lines, total_amount, currency, shipping_address, cancel_reason, cancel_detail,
    created_at, updated_at
from orders where user_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3)sql"};

struct Lifetime {
    platform::Time created_at;
    platform::Time updated_at;
};
BOOST_DESCRIBE_STRUCT(Lifetime, (), (created_at, updated_at))

const Statement<std::optional<Lifetime>(OrderId, UserId)> owned_order{"order.owned", R"sql(
select created_at, updated_at from orders where id = $1 and user_id = $2)sql"};

struct TimelineRow {
    platform::Time at;
    std::string event;
    OrderStatus from_status{};
    OrderStatus to_status{};
    std::string detail;
};
BOOST_DESCRIBE_STRUCT(TimelineRow, (), (at, event, from_status, to_status, detail))

const Statement<std::vector<TimelineRow>(OrderId, platform::Time, platform::Time)> find_history{
    "order.timeline", R"sql(
select at, event, from_status, to_status, detail from order_history
where order_id = $1 and at between $2 and $3
order by version, changed desc, at limit 1000)sql"};

/// An entry of the history is written by a transaction that also sets created_at or updated_at, to the time
/// at which it began. So it is at most as much younger as the transaction took, all of whose statements and
/// pauses have limits of seconds, and only a clock that was set back makes it older. An hour more is at worst
/// one more partition.
constexpr std::chrono::hours margin{1};

const Statement<std::vector<OrderId>(std::vector<OrderId>)> find_final{"order.final", R"sql(
select id from orders where id = any($1) and status in ('confirmed', 'cancelled'))sql"};

OrderView view_of(ViewRow row) {
    return {.id = row.id,
            .status = row.status,
            .lines = lines_of(row.lines),
            .total = {row.total_amount, row.currency},
            .shipping_address = std::move(row.shipping_address),
            .cancel_reason = row.cancel_reason,
            .cancel_detail = row.cancel_reason ? std::optional{std::move(row.cancel_detail)} : std::nullopt,
            .created_at = row.created_at,
            .updated_at = row.updated_at};
}

}  // namespace

awaitable<std::optional<OrderView>> PgOrderReads::order(UserId buyer, OrderId id) {
    auto row = co_await pool_.run(find_order, id, buyer);
    if (!row) co_return std::nullopt;
    co_return view_of(std::move(*row));
}

awaitable<std::vector<OrderView>> PgOrderReads::orders(UserId buyer, std::optional<OrderId> after,
                                                       std::int64_t limit) {
    auto rows = co_await pool_.run(list_orders, buyer, after, limit);
    std::vector<OrderView> out;
    out.reserve(rows.size());
    for (auto& row : rows) out.push_back(view_of(std::move(row)));
    co_return out;
}

awaitable<std::optional<Timeline>> PgOrderReads::timeline(UserId buyer, OrderId id) {
    const auto owned = co_await pool_.run(owned_order, id, buyer);
    if (!owned) co_return std::nullopt;
    auto tx = co_await pool_.begin();
    // Of the days of its history an order needs one or two. A plan for any value would lock the partitions of
    // all days, which are kept for ever; planned for these values the others are not touched.
    tx.send(plan_for_the_values);
    auto history = tx.send(find_history, id, owned->created_at - margin, owned->updated_at + margin);
    co_await tx.commit();
    auto rows = history.get();
    Timeline out{id, {}};
    out.entries.reserve(rows.size());
    for (auto& row : rows)
        out.entries.push_back(
            {row.at, std::move(row.event), row.from_status, row.to_status, std::move(row.detail)});
    co_return out;
}

awaitable<std::vector<OrderId>> read_final(platform::postgres::Pool& pool, std::vector<OrderId> ids) {
    co_return co_await pool.run(find_final, ids);
}

}  // namespace shop::order
