#include "services/inventory-service/app/infrastructure/pg_stock.hpp"

#include <algorithm>
#include <stdexcept>

#include "platform/base/crash_point.hpp"
#include "platform/base/ensure.hpp"
#include "platform/contract/parse.hpp"
#include "platform/contract/read.hpp"
#include "platform/contract/write.hpp"
#include "platform/messaging/outbox.hpp"

namespace shop::inventory {
namespace {

using platform::Uuid;
using platform::postgres::Json;
using platform::postgres::Statement;
using platform::postgres::Transaction;

template <class T>
using Array = std::vector<T>;

// A row that is not there cannot be locked: an order and its release on two replicas would both find nothing.
// So the row is made first, and whoever makes it second waits here for the first.
const Statement<void(Array<OrderId>)> insert_fresh{"inventory.insert_fresh", R"sql(
insert into reservations (order_id, status)
select id, 'fresh' from unnest($1) as o(id) order by id on conflict do nothing)sql"};

struct ReservationRow {
    OrderId order_id;
    ReservationStatus status{};
    Json lines;
    std::string detail;
};
BOOST_DESCRIBE_STRUCT(ReservationRow, (), (order_id, status, lines, detail))

const Statement<Array<ReservationRow>(Array<OrderId>)> lock_reservations{"inventory.lock_reservations", R"sql(
select order_id, status, lines, detail from reservations
where order_id = any($1) order by order_id for update)sql"};

struct StockRow {
    Sku sku;
    std::int64_t on_hand = 0;
    std::int64_t reserved = 0;
};
BOOST_DESCRIBE_STRUCT(StockRow, (), (sku, on_hand, reserved))

// The SKUs that messages name, and those that their orders hold. The lines of a held reservation do not
// change any more, so reading them here, in the same round trip that locks the reservation, is safe.
const Statement<Array<StockRow>(Array<Sku>, Array<OrderId>)> lock_stock_of{"inventory.lock_stock_of", R"sql(
select sku, on_hand, reserved from stock
where sku in (select unnest($1) union
              select l.sku from reservations r, jsonb_to_recordset(r.lines) as l(sku text)
              where r.order_id = any($2))
order by sku for update)sql"};

const Statement<void(Sku)> insert_stock{
    "inventory.insert_stock", "insert into stock (sku, on_hand) values ($1, 0) on conflict do nothing"};

const Statement<std::optional<StockRow>(Sku)> lock_stock{
    "inventory.lock_stock", "select sku, on_hand, reserved from stock where sku = $1 for update"};

// One key may come for two SKUs, so the lock of the stock does not keep two of its requests apart.
const Statement<void(UserId, std::string)> lock_request{
    "inventory.lock_request", "select pg_advisory_xact_lock(hashtextextended($1::text || ' ' || $2, 0))"};

const Statement<std::optional<LockedShelf::Earlier>(UserId, std::string)> find_request{
    "inventory.find_request", R"sql(
select sku, request_sha256 from stock_requests where asked_by = $1 and idempotency_key = $2)sql"};

const Statement<void(UserId, std::string, std::string, Sku)> insert_request{"inventory.insert_request", R"sql(
insert into stock_requests (asked_by, idempotency_key, request_sha256, sku) values ($1, $2, $3, $4))sql"};

const Statement<void(Array<OrderId>, Array<ReservationStatus>, Array<Json>, Array<std::string>)>
    update_reservations{"inventory.update_reservations", R"sql(
update reservations r set status = n.status, lines = n.lines, detail = n.detail, updated_at = now()
from unnest($1, $2, $3, $4) as n(order_id, status, lines, detail) where r.order_id = n.order_id)sql"};

const Statement<void(Array<Sku>, Array<std::int64_t>, Array<std::int64_t>)> update_stock{
    "inventory.update_stock", R"sql(
update stock s set on_hand = n.on_hand, reserved = n.reserved, updated_at = now()
from unnest($1, $2, $3) as n(sku, on_hand, reserved) where s.sku = n.sku)sql"};

const Statement<void(Array<Uuid>, Array<Sku>, Array<std::int64_t>, Array<std::string>,
                     Array<std::optional<OrderId>>, std::optional<UserId>)>
    insert_movements{"inventory.insert_movements", R"sql(
insert into movements (id, sku, delta, reason, order_id, moved_by)
select *, $6 from unnest($1, $2, $3, $4, $5))sql"};

std::vector<ReservedLine> lines_of(const Json& json) {
    const auto parsed = platform::contract::parse(json.text);
    auto lines = parsed ? platform::contract::read<std::vector<ReservedLine>>(
                              *parsed, platform::contract::Unknown::ignore)
                        : std::unexpected(platform::contract::Violations{});
    if (!lines) throw std::runtime_error("reservations.lines does not hold what this version writes");
    return std::move(*lines);
}

StockBySku by_sku(const std::vector<StockRow>& rows) {
    StockBySku stock;
    for (const auto& row : rows) stock.emplace(row.sku, Stock{row.on_hand, row.reserved});
    return stock;
}

template <class T>
void sort_unique(std::vector<T>& values) {
    std::ranges::sort(values);
    values.erase(std::ranges::unique(values).begin(), values.end());
}

void write_reservations(Transaction& tx, const std::vector<Reservation>& reservations) {
    if (reservations.empty()) return;
    Array<OrderId> ids;
    Array<ReservationStatus> statuses;
    Array<Json> lines;
    Array<std::string> details;
    for (const auto& one : reservations) {
        ids.push_back(one.order_id);
        statuses.push_back(one.status);
        lines.push_back({platform::contract::to_json(one.lines)});
        details.push_back(one.detail);
    }
    tx.send(update_reservations, ids, statuses, lines, details);
}

void write_stock(Transaction& tx, const StockBySku& stock) {
    if (stock.empty()) return;
    Array<Sku> skus;
    Array<std::int64_t> on_hand, reserved;
    for (const auto& [sku, level] : stock) {
        skus.push_back(sku);
        on_hand.push_back(level.on_hand);
        reserved.push_back(level.reserved);
    }
    tx.send(update_stock, skus, on_hand, reserved);
}

void write_movements(Transaction& tx, const Changes& changes, platform::Ids& ids) {
    const auto& movements = changes.movements;
    if (movements.empty()) return;
    Array<Uuid> made;
    Array<Sku> skus;
    Array<std::int64_t> deltas;
    Array<std::string> reasons;
    Array<std::optional<OrderId>> orders;
    for (const auto& one : movements) {
        made.push_back(ids.next());
        skus.push_back(one.sku);
        deltas.push_back(one.delta);
        reasons.push_back(one.reason);
        orders.push_back(one.order_id);
    }
    std::optional<UserId> moved_by;
    if (changes.request) moved_by = changes.request->asked_by;
    tx.send(insert_movements, made, skus, deltas, reasons, orders, moved_by);
}

void write_request(Transaction& tx, const std::optional<StockRequest>& request) {
    if (!request || request->key.empty()) return;
    tx.send(insert_request, request->asked_by, request->key, request->request_sha256, request->sku);
}

class PgStockTransaction final : public StockTransaction {
  public:
    PgStockTransaction(Transaction tx, const platform::messaging::Inbox& inbox, platform::Ids& ids,
                       std::function<void()> committed)
        : tx_(std::move(tx)), inbox_(inbox), ids_(ids), committed_(std::move(committed)) {}

    awaitable<LockedStock> load(std::vector<InventoryMessage> messages) override {
        std::vector<OrderId> orders;
        std::vector<Sku> skus;
        for (const auto& message : messages) {
            orders.push_back(std::visit([](const auto& event) { return event.order_id; }, message.event));
            for (auto& sku : skus_of(message.event)) skus.push_back(std::move(sku));
        }
        sort_unique(orders);
        sort_unique(skus);
        auto marked = inbox_.mark(tx_, platform::messaging::ids_of(messages));
        tx_.send(insert_fresh, orders);
        auto reservations = tx_.send(lock_reservations, orders);
        auto stock = tx_.send(lock_stock_of, skus, orders);
        co_await tx_.flush();

        LockedStock locked;
        locked.fresh = inbox_.keep_new(std::move(messages), marked.get());
        for (auto& row : reservations.get())
            locked.reservations.emplace(
                row.order_id,
                Reservation{row.order_id, row.status, lines_of(row.lines), std::move(row.detail)});
        locked.stock = by_sku(stock.get());
        co_return locked;
    }

    awaitable<LockedShelf> load_or_create(StockRequest request) override {
        if (!request.key.empty()) tx_.send(lock_request, request.asked_by, request.key);
        tx_.send(insert_stock, request.sku);
        auto row = tx_.send(lock_stock, request.sku);
        std::optional<platform::postgres::Pending<std::optional<LockedShelf::Earlier>>> earlier;
        if (!request.key.empty()) earlier = tx_.send(find_request, request.asked_by, request.key);
        co_await tx_.flush();
        const auto stock = row.get();
        platform::ensure(stock.has_value(), "what was just made is there");
        co_return LockedShelf{{stock->on_hand, stock->reserved}, earlier ? earlier->get() : std::nullopt};
    }

    awaitable<void> save(Changes changes) override {
        write_reservations(tx_, changes.reservations);
        write_stock(tx_, changes.stock);
        write_movements(tx_, changes, ids_);
        write_request(tx_, changes.request);
        CRASH_POINT("inventory.save.between_state_and_outbox");
        platform::messaging::write_events(tx_, changes.events);
        wrote_events_ |= !changes.events.empty();
        co_return;  // Sent together with the commit.
    }

    awaitable<void> commit() override {
        co_await tx_.commit();
        if (wrote_events_) committed_();
    }

  private:
    Transaction tx_;
    const platform::messaging::Inbox& inbox_;
    platform::Ids& ids_;
    std::function<void()> committed_;
    bool wrote_events_ = false;
};

}  // namespace

PgStock::PgStock(platform::postgres::Pool& pool, platform::messaging::Inbox& inbox, platform::Ids& ids,
                 std::function<void()> committed)
    : pool_(pool), inbox_(inbox), ids_(ids), committed_(std::move(committed)) {}

awaitable<std::unique_ptr<StockTransaction>> PgStock::begin() {
    auto tx = co_await pool_.begin();
    co_return std::make_unique<PgStockTransaction>(std::move(tx), inbox_, ids_, committed_);
}

}  // namespace shop::inventory
