#include "tools/audit/read_databases.hpp"

#include <boost/describe/class.hpp>

#include "platform/contract/parse.hpp"
#include "platform/contract/read.hpp"
#include "shared/app/schemas/order_events.hpp"
#include "tools/audit/snapshot.hpp"

namespace shop::audit {

namespace {

using platform::postgres::Json;
using platform::postgres::Statement;

template <class T>
using Array = std::vector<T>;

struct OrderRow {
    OrderId id;
    UserId user_id;
    OrderStatus status{};
    std::int32_t version = 0;
    std::int64_t total_amount = 0;
    std::string currency;
    Time created_at, updated_at;
    Json lines;
};
BOOST_DESCRIBE_STRUCT(OrderRow, (),
                      (id, user_id, status, version, total_amount, currency, created_at, updated_at, lines))

const Statement<Array<OrderRow>()> all_orders{"audit.orders", R"sql(
select id, user_id, status, version, total_amount, currency, created_at, updated_at, lines from orders)sql"};

struct HistoryRowRead {
    OrderId order_id;
    std::int32_t version = 0;
    bool changed = false;
    OrderStatus from_status{}, to_status{};
};
BOOST_DESCRIBE_STRUCT(HistoryRowRead, (), (order_id, version, changed, from_status, to_status))

const Statement<Array<HistoryRowRead>()> all_history{"audit.history", R"sql(
select order_id, version, changed, from_status, to_status from order_history)sql"};

struct KeyRow {
    UserId user_id;
    std::string key;
    OrderId order_id;
};
BOOST_DESCRIBE_STRUCT(KeyRow, (), (user_id, key, order_id))

const Statement<Array<KeyRow>()> all_keys{"audit.idempotency_keys", R"sql(
select user_id, key, order_id from idempotency_keys)sql"};

struct ReservationRow {
    OrderId order_id;
    ReservationStatus status{};
    Time updated_at;
    Json lines;
};
BOOST_DESCRIBE_STRUCT(ReservationRow, (), (order_id, status, updated_at, lines))

const Statement<Array<ReservationRow>()> all_reservations{"audit.reservations", R"sql(
select order_id, status, updated_at, lines from reservations)sql"};

struct StockRow {
    std::string sku;
    std::int64_t on_hand = 0, reserved = 0;
};
BOOST_DESCRIBE_STRUCT(StockRow, (), (sku, on_hand, reserved))

const Statement<Array<StockRow>()> all_stock{"audit.stock", "select sku, on_hand, reserved from stock"};

struct MovementRow {
    std::string sku;
    std::int64_t delta = 0;
    std::optional<OrderId> order_id;
};
BOOST_DESCRIBE_STRUCT(MovementRow, (), (sku, delta, order_id))

const Statement<Array<MovementRow>()> all_movements{"audit.movements",
                                                    "select sku, delta, order_id from movements"};

struct PaymentRow {
    OrderId order_id;
    PaymentStatus status{};
    std::int64_t amount = 0;
    std::string currency, provider_id, refund_id;
    Time created_at, updated_at;
};
BOOST_DESCRIBE_STRUCT(PaymentRow, (),
                      (order_id, status, amount, currency, provider_id, refund_id, created_at, updated_at))

const Statement<Array<PaymentRow>()> all_payments{"audit.payments", R"sql(
select order_id, status, amount, currency, provider_id, refund_id, created_at, updated_at from payments)sql"};

struct LedgerRow {
    Uuid transaction_id;
    OrderId order_id;
    std::string account;
    std::int64_t amount = 0;
    std::string currency;
};
BOOST_DESCRIBE_STRUCT(LedgerRow, (), (transaction_id, order_id, account, amount, currency))

const Statement<Array<LedgerRow>()> all_ledger{"audit.ledger", R"sql(
select transaction_id, order_id, account, amount, currency from ledger)sql"};

struct OutboxRow {
    Uuid id;
    std::string type;
    Time created_at;
    std::optional<Time> sent_at;
};
BOOST_DESCRIBE_STRUCT(OutboxRow, (), (id, type, created_at, sent_at))

const Statement<Array<OutboxRow>()> all_sent{"audit.outbox",
                                             "select id, type, created_at, sent_at from outbox"};

struct InboxRow {
    std::string consumer;
    Uuid message_id;
    Time handled_at;
};
BOOST_DESCRIBE_STRUCT(InboxRow, (), (consumer, message_id, handled_at))

const Statement<Array<InboxRow>()> all_handled{"audit.inbox",
                                               "select consumer, message_id, handled_at from inbox"};

/// A line of a reservation, as inventory-service writes it.
struct ReservedLine {
    std::string sku;
    std::int64_t quantity = 0;
};
BOOST_DESCRIBE_STRUCT(ReservedLine, (), (sku, quantity))

/// Nothing when the text is not what services write: a finding, not a reason to stop reading.
template <class LineRead>
std::optional<std::vector<LineRead>> lines_of(const Json& json) {
    const auto parsed = platform::contract::parse(json.text);
    if (!parsed) return std::nullopt;
    auto lines =
        platform::contract::read<std::vector<LineRead>>(*parsed, platform::contract::Unknown::ignore);
    if (!lines) return std::nullopt;
    return std::move(*lines);
}

Order order_of(const OrderRow& row, Names& names) {
    Order order{.id = row.id,
                .user = row.user_id,
                .status = row.status,
                .version = row.version,
                .total = row.total_amount,
                .currency = names.of(row.currency),
                .created_at = row.created_at,
                .updated_at = row.updated_at};
    const auto lines = lines_of<OrderLine>(row.lines);
    order.lines_readable = lines.has_value();
    if (!lines) return order;
    order.lines.reserve(lines->size());
    for (const auto& line : *lines)
        order.lines.push_back({names.of(line.sku.value), line.quantity, line.unit_price.amount,
                               names.of(line.unit_price.currency.value)});
    return order;
}

Reservation reservation_of(const ReservationRow& row, Names& names) {
    Reservation reservation{.order = row.order_id, .status = row.status, .updated_at = row.updated_at};
    const auto lines = lines_of<ReservedLine>(row.lines);
    reservation.lines_readable = lines.has_value();
    if (!lines) return reservation;
    reservation.lines.reserve(lines->size());
    for (const auto& line : *lines)
        reservation.lines.push_back({.sku = names.of(line.sku), .quantity = line.quantity});
    return reservation;
}

void read_orders(Snapshot& database, Books& books) {
    database.each<OrderRow>(all_orders,
                            [&](OrderRow row) { books.orders.push_back(order_of(row, books.names)); });
    database.each<HistoryRowRead>(all_history, [&](HistoryRowRead row) {
        books.history.push_back({row.order_id, row.version, row.changed, row.from_status, row.to_status});
    });
    database.each<KeyRow>(
        all_keys, [&](KeyRow row) { books.keys.push_back({row.user_id, std::move(row.key), row.order_id}); });
}

void read_inventory(Snapshot& database, Books& books) {
    database.each<ReservationRow>(all_reservations, [&](ReservationRow row) {
        books.reservations.push_back(reservation_of(row, books.names));
    });
    database.each<StockRow>(all_stock, [&](StockRow row) {
        books.stock.push_back({books.names.of(row.sku), row.on_hand, row.reserved});
    });
    database.each<MovementRow>(all_movements, [&](MovementRow row) {
        books.movements.push_back({books.names.of(row.sku), row.delta, row.order_id});
    });
}

void read_payments(Snapshot& database, Books& books) {
    database.each<PaymentRow>(all_payments, [&](PaymentRow row) {
        books.payments.push_back({row.order_id, row.status, row.amount, books.names.of(row.currency),
                                  std::move(row.provider_id), std::move(row.refund_id), row.created_at,
                                  row.updated_at});
    });
    database.each<LedgerRow>(all_ledger, [&](LedgerRow row) {
        books.ledger.push_back({row.transaction_id, row.order_id, books.names.of(row.account), row.amount,
                                books.names.of(row.currency)});
    });
}

void read_messages(Snapshot& database, std::string_view service, Books& books) {
    const auto from = books.names.of(service);
    database.each<OutboxRow>(all_sent, [&](OutboxRow row) {
        books.sent.push_back({row.id, books.names.of(row.type), from, row.created_at, row.sent_at});
    });
    database.each<InboxRow>(all_handled, [&](InboxRow row) {
        books.handled.push_back({row.message_id, books.names.of(row.consumer), row.handled_at});
    });
}

}  // namespace

void read_databases(const DatabaseUrls& urls, Books& books) {
    Snapshot order(urls.order), inventory(urls.inventory), payment(urls.payment), product(urls.product),
        user(urls.user);
    books.now = order.taken_at();
    read_orders(order, books);
    read_inventory(inventory, books);
    read_payments(payment, books);
    read_messages(order, "order-service", books);
    read_messages(inventory, "inventory-service", books);
    read_messages(payment, "payment-service", books);
    read_messages(product, "product-service", books);
    read_messages(user, "user-service", books);
}

}  // namespace shop::audit
