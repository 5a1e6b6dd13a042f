#include "tools/audit/read_databases.hpp"

#include <algorithm>
#include <boost/describe/class.hpp>
#include <set>

#include "platform/contract/parse.hpp"
#include "platform/contract/read.hpp"
#include "shared/app/schemas/order_events.hpp"
#include "tools/audit/read_messages.hpp"

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

const Statement<Array<OrderRow>(Uuid, Uuid)> orders_in{"audit.orders", R"sql(
select id, user_id, status, version, total_amount, currency, created_at, updated_at, lines from orders
where id >= $1 and id < $2)sql"};

const Statement<Array<OrderRow>(Time)> open_orders{"audit.open_orders", R"sql(
select id, user_id, status, version, total_amount, currency, created_at, updated_at, lines from orders
where status in ('pending', 'cancelling') and created_at < $1)sql"};

const Statement<Array<Uuid>(Uuid, Uuid, std::int64_t)> order_after{"audit.order_after", R"sql(
select id from orders where id >= $1 and id < $2 order by id limit 1 offset $3)sql"};

struct PriceRow {
    std::string sku;
    std::int64_t price_amount = 0;
    std::string currency;
    Time updated_at;
};
BOOST_DESCRIBE_STRUCT(PriceRow, (), (sku, price_amount, currency, updated_at))

const Statement<Array<PriceRow>(Array<std::string>)> prices_of{"audit.catalogue", R"sql(
select sku, price_amount, currency, updated_at from catalogue where sku = any($1))sql"};

struct HistoryRowRead {
    OrderId order_id;
    std::int32_t version = 0;
    bool changed = false;
    OrderStatus from_status{}, to_status{};
};
BOOST_DESCRIBE_STRUCT(HistoryRowRead, (), (order_id, version, changed, from_status, to_status))

// Partitioned by time, and written after its order was made.
const Statement<Array<HistoryRowRead>(Uuid, Uuid, Time)> history_in{"audit.history", R"sql(
select order_id, version, changed, from_status, to_status from order_history
where order_id >= $1 and order_id < $2 and at >= $3)sql"};

struct KeyRow {
    UserId user_id;
    std::string key;
    OrderId order_id;
    Time created_at;
};
BOOST_DESCRIBE_STRUCT(KeyRow, (), (user_id, key, order_id, created_at))

const Statement<Array<KeyRow>(Time, Time)> keys_in{"audit.idempotency_keys", R"sql(
select user_id, key, order_id, created_at from idempotency_keys
where created_at >= $1 and created_at < $2)sql"};

struct ReservationRow {
    OrderId order_id;
    ReservationStatus status{};
    Time updated_at;
    Json lines;
};
BOOST_DESCRIBE_STRUCT(ReservationRow, (), (order_id, status, updated_at, lines))

const Statement<Array<ReservationRow>(Uuid, Uuid)> reservations_in{"audit.reservations", R"sql(
select order_id, status, updated_at, lines from reservations where order_id >= $1 and order_id < $2)sql"};

const Statement<Array<ReservationRow>()> held_reservations{"audit.held", R"sql(
select order_id, status, updated_at, lines from reservations where status = 'held')sql"};

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

const Statement<Array<MovementRow>(Uuid, Uuid)> movements_in{"audit.movements_of_orders", R"sql(
select sku, delta, order_id from movements where order_id >= $1 and order_id < $2)sql"};

const Statement<Array<MovementRow>()> summed_movements{"audit.summed_movements", R"sql(
select sku, sum(delta)::bigint as delta, null::uuid as order_id from movements group by sku)sql"};

struct PaymentRow {
    OrderId order_id;
    PaymentStatus status{};
    std::int64_t amount = 0;
    std::string currency, provider_id, refund_id;
    Time created_at, updated_at;
};
BOOST_DESCRIBE_STRUCT(PaymentRow, (),
                      (order_id, status, amount, currency, provider_id, refund_id, created_at, updated_at))

const Statement<Array<PaymentRow>(Uuid, Uuid)> payments_in{"audit.payments", R"sql(
select order_id, status, amount, currency, provider_id, refund_id, created_at, updated_at from payments
where order_id >= $1 and order_id < $2)sql"};

const Statement<Array<PaymentRow>(Time)> waiting_payments{"audit.waiting_payments", R"sql(
select order_id, status, amount, currency, provider_id, refund_id, created_at, updated_at from payments
where next_attempt is not null and created_at < $1)sql"};

struct LedgerRow {
    Uuid transaction_id;
    OrderId order_id;
    std::string account;
    std::int64_t amount = 0;
    std::string currency;
};
BOOST_DESCRIBE_STRUCT(LedgerRow, (), (transaction_id, order_id, account, amount, currency))

const Statement<Array<LedgerRow>(Uuid, Uuid)> ledger_in{"audit.ledger", R"sql(
select transaction_id, order_id, account, amount, currency from ledger
where order_id >= $1 and order_id < $2)sql"};

/// A line of a reservation, as inventory-service writes it.
struct ReservedLine {
    std::string sku;
    std::int64_t quantity = 0;
};
BOOST_DESCRIBE_STRUCT(ReservedLine, (), (sku, quantity))

/// A transaction may begin this long before its rows carry their time, or end after it.
constexpr std::chrono::seconds slack{30};

/// Earlier than what was made in the span; -infinity stays what it is.
Time earlier(Time time) { return time == Time::min() ? time : time - slack; }
Time later(Time time) { return time == Time::max() ? time : time + slack; }

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

Payment payment_of(PaymentRow row, Names& names) {
    return {row.order_id,
            row.status,
            row.amount,
            names.of(row.currency),
            std::move(row.provider_id),
            std::move(row.refund_id),
            row.created_at,
            row.updated_at};
}

/// Of the articles that the orders name.
void read_prices(Snapshot& database, Books& books) {
    std::set<Name> named;
    for (const auto& order : books.orders)
        for (const auto& line : order.lines) named.insert(line.sku);
    Array<std::string> skus;
    for (const Name sku : named) skus.push_back(books.names.text(sku));
    database.each<PriceRow>(
        prices_of,
        [&](PriceRow row) {
            books.catalogue.push_back(
                {books.names.of(row.sku), row.price_amount, books.names.of(row.currency), row.updated_at});
        },
        skus);
}

}  // namespace

Databases::Databases(const DatabaseUrls& urls, std::chrono::milliseconds limit, Rows rows)
    : order_(urls.order, limit, rows),
      inventory_(urls.inventory, limit, rows),
      payment_(urls.payment, limit, rows),
      product_(urls.product, limit, rows),
      user_(urls.user, limit, rows) {}

void Databases::renew() {
    for (auto* one : {&order_, &inventory_, &payment_, &product_, &user_}) one->renew();
}

void Databases::end() {
    for (auto* one : {&order_, &inventory_, &payment_, &product_, &user_}) one->end();
}

void Databases::read_all(Books& books) {
    const Span all;
    books.now = now();
    read_orders(all, books);
    read_reservations(all, books);
    read_payments(all, books);
    read_messages(all, books);
    read_stock(books);
    inventory_.each<MovementRow>(all_movements, [&](MovementRow row) {
        books.movements.push_back({books.names.of(row.sku), row.delta, row.order_id});
    });
}

void Databases::read_slice(const Span& span, Books& books) {
    books.now = now();
    read_orders(span, books);
    read_reservations(span, books);
    inventory_.each<MovementRow>(
        movements_in,
        [&](MovementRow row) {
            books.movements.push_back({books.names.of(row.sku), row.delta, row.order_id});
        },
        span.first(), span.end());
    read_payments(span, books);
    read_messages(span, books);
}

void Databases::read_stock(Books& books) {
    inventory_.each<StockRow>(all_stock, [&](StockRow row) {
        books.stock.push_back({books.names.of(row.sku), row.on_hand, row.reserved});
    });
}

void Databases::read_levels(Books& books) {
    read_stock(books);
    inventory_.each<MovementRow>(summed_movements, [&](MovementRow row) {
        books.movements.push_back({books.names.of(row.sku), row.delta, row.order_id});
    });
    inventory_.each<ReservationRow>(held_reservations, [&](ReservationRow row) {
        books.reservations.push_back(reservation_of(row, books.names));
    });
}

Time Databases::end_of_slice(const Span& span, std::int64_t orders_max) {
    Time end = span.until;
    order_.each<Uuid>(
        order_after,
        [&](Uuid id) {
            // All of one millisecond belong together, and a slice must not be empty.
            const Time made(std::chrono::milliseconds(id.unix_milliseconds()));
            end = std::min(end, std::max(made, span.from + std::chrono::milliseconds(1)));
        },
        span.first(), span.end(), orders_max);
    return end;
}

std::optional<Time> Databases::first_order() {
    std::optional<Time> first;
    const Span all;
    order_.each<Uuid>(
        order_after, [&](Uuid id) { first = Time(std::chrono::milliseconds(id.unix_milliseconds())); },
        all.first(), all.end(), 0);
    return first;
}

void Databases::read_orders(const Span& span, Books& books) {
    order_.each<OrderRow>(
        orders_in, [&](OrderRow row) { books.orders.push_back(order_of(row, books.names)); }, span.first(),
        span.end());
    order_.each<HistoryRowRead>(
        history_in,
        [&](HistoryRowRead row) {
            books.history.push_back({row.order_id, row.version, row.changed, row.from_status, row.to_status});
        },
        span.first(), span.end(), earlier(span.from));
    order_.each<KeyRow>(
        keys_in,
        [&](KeyRow row) {
            if (span.holds(row.order_id.value) || span.until == Time::max())
                books.keys.push_back({row.user_id, std::move(row.key), row.order_id, row.created_at});
        },
        earlier(span.from), later(span.until));
    read_prices(order_, books);
}

void Databases::read_reservations(const Span& span, Books& books) {
    inventory_.each<ReservationRow>(
        reservations_in,
        [&](ReservationRow row) { books.reservations.push_back(reservation_of(row, books.names)); },
        span.first(), span.end());
}

void Databases::read_payments(const Span& span, Books& books) {
    payment_.each<PaymentRow>(
        payments_in,
        [&](PaymentRow row) { books.payments.push_back(payment_of(std::move(row), books.names)); },
        span.first(), span.end());
    payment_.each<LedgerRow>(
        ledger_in,
        [&](LedgerRow row) {
            books.ledger.push_back({row.transaction_id, row.order_id, books.names.of(row.account), row.amount,
                                    books.names.of(row.currency)});
        },
        span.first(), span.end());
}

void Databases::read_messages(const Span& span, Books& books) {
    read_service_messages(order_, "order-service", span, books);
    read_service_messages(inventory_, "inventory-service", span, books);
    read_service_messages(payment_, "payment-service", span, books);
    read_service_messages(product_, "product-service", span, books);
    read_service_messages(user_, "user-service", span, books);
}

void Databases::read_open(Time before, Books& books) {
    books.now = now();
    order_.each<OrderRow>(
        open_orders, [&](OrderRow row) { books.orders.push_back(order_of(row, books.names)); }, before);
    payment_.each<PaymentRow>(
        waiting_payments,
        [&](PaymentRow row) { books.payments.push_back(payment_of(std::move(row), books.names)); }, before);
    read_unsent(order_, "order-service", before, books);
    read_unsent(inventory_, "inventory-service", before, books);
    read_unsent(payment_, "payment-service", before, books);
    read_unsent(product_, "product-service", before, books);
    read_unsent(user_, "user-service", before, books);
}

void read_databases(const DatabaseUrls& urls, Books& books) {
    // The longest table takes a while, and so does digesting it.
    constexpr std::chrono::minutes patience{10};
    Databases(urls, patience, Rows::streamed).read_all(books);
}

}  // namespace shop::audit
