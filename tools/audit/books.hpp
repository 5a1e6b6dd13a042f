#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "platform/base/time.hpp"
#include "platform/base/uuid.hpp"
#include "shared/app/enums/order_status.hpp"
#include "shared/app/enums/payment_status.hpp"
#include "shared/app/enums/reservation_status.hpp"
#include "shared/app/schemas/ids.hpp"

/// Everything the auditor has read, as plain values: what the services wrote, what the provider's log says
/// and what stands in the broker's queues. Kept small, because hundreds of thousands of orders are held at
/// once.
namespace shop::audit {

using platform::Time;
using platform::Uuid;

/// A text that many rows share (SKU, currency, event type, queue), stored once.
struct Name {
    std::uint32_t number = 0;
    auto operator<=>(const Name&) const = default;
};

class Names {
  public:
    Names();
    Names(Names&&) noexcept = default;
    Names& operator=(Names&&) noexcept = default;
    /// The first name, Name{}, is the empty text.
    Name of(std::string_view text);
    std::optional<Name> find(std::string_view text) const;
    const std::string& text(Name name) const { return texts_[name.number]; }

  private:
    std::deque<std::string> texts_;  // A deque, because the map's keys look into its elements.
    std::unordered_map<std::string_view, std::uint32_t> numbers_;
};

struct Line {
    Name sku;
    std::int64_t quantity = 0;
    std::int64_t unit_price = 0;  // Of an order's line only, as is the currency.
    Name currency;
};

struct Order {
    OrderId id;
    UserId user;
    OrderStatus status{};
    std::int32_t version = 0;
    std::int64_t total = 0;
    Name currency;
    Time created_at, updated_at;
    bool lines_readable = true;
    std::vector<Line> lines;
};

/// The newest price of an article in order-service's copy of the catalogue.
struct CataloguePrice {
    Name sku;
    std::int64_t price = 0;
    Name currency;
    Time updated_at;
};

struct HistoryRow {
    OrderId order;
    std::int32_t version = 0;
    bool changed = false;
    OrderStatus from{}, to{};
};

struct IdempotencyKey {
    UserId user;
    std::string key;
    OrderId order;
    Time created_at;
};

struct Reservation {
    OrderId order;
    ReservationStatus status{};
    Time updated_at;
    bool lines_readable = true;
    std::vector<Line> lines;
};

struct Stock {
    Name sku;
    std::int64_t on_hand = 0, reserved = 0;
};

struct Movement {
    Name sku;
    std::int64_t delta = 0;
    std::optional<OrderId> order;  // Of a sale.
};

struct Payment {
    OrderId order;
    PaymentStatus status{};
    std::int64_t amount = 0;
    Name currency;
    std::string provider_id, refund_id;
    Time created_at, updated_at;
};

struct LedgerEntry {
    Uuid transaction;
    OrderId order;
    Name account;
    std::int64_t amount = 0;
    Name currency;
};

/// A row of an outbox.
struct Sent {
    Uuid id;
    Name type, service;
    Time created_at;
    std::optional<Time> sent_at;
};

/// A row of an inbox.
struct Handled {
    Uuid id;
    Name queue;
    Time at;
};

/// A line of the provider's log that moved money.
struct ProviderMove {
    enum class Kind { charge, refund };
    Kind kind{};
    std::string payment, refund;   // The provider's ids.
    std::string order_text;        // What the log names as the order,
    std::optional<OrderId> order;  // when that is an order id.
    std::int64_t amount = 0;
    Name currency;  // Upper case, as ours.
    Time at;
};

struct ProviderLog {
    std::vector<ProviderMove> moves;
    std::vector<std::string> damage;  // Lines missing or out of sequence.
};

struct Queue {
    std::string name;
    std::int64_t messages = 0;  // Ready and unacknowledged.
    std::int64_t unacknowledged = 0;
};

/// What a client asked for once, however often it had to ask, and what it was told; from its own history.
struct ClientOperation {
    enum class Kind { place, cancel };
    /// Refused: certainly not done. Unknown: the answer was lost, or there is none yet.
    enum class Result { done, refused, unknown };
    std::int64_t number = 0;
    Kind kind{};
    Result result = Result::unknown;
    UserId user;
    std::string key;
    std::vector<OrderId> orders;         // That it was told of; more than one is one too many.
    std::optional<OrderStatus> outcome;  // As told last.
    Time asked_at;
};

/// A product as product-service keeps it in its cache, or as its tables have it.
struct ProductCopy {
    std::int64_t version = 0;
    std::string shown;  // Everything a reader of the details sees, in one fixed form.
    Time updated_at;
    bool deleted = false;
};

struct CachedProduct {
    std::string key;
    std::optional<ProductCopy> cached;  // Absent: it cannot be read.
    std::optional<ProductCopy> stored;  // Absent: there is no such product. Read after the copy.
};

struct Books {
    Names names;
    Time now;  // The database's clock when its snapshot was taken.
    std::vector<Order> orders;
    std::vector<HistoryRow> history;
    std::vector<IdempotencyKey> keys;
    std::vector<CataloguePrice> catalogue;
    std::vector<Reservation> reservations;
    std::vector<Stock> stock;
    std::vector<Movement> movements;
    std::vector<Payment> payments;
    std::vector<LedgerEntry> ledger;
    std::vector<Sent> sent;
    std::vector<Handled> handled;
    std::optional<ProviderLog> provider;                  // Absent: there is no log to compare with.
    std::optional<std::vector<Queue>> queues;             // Absent: the broker was not asked.
    std::optional<std::vector<ClientOperation>> clients;  // Absent: no client keeps a history.
    std::optional<std::vector<CachedProduct>> cache;      // Absent: the cache was not asked.
};

/// Sorts everything by its key, which the checks rely on.
void arrange(Books& books);

/// The element with this id in a vector sorted by it, or nothing.
const Order* find_order(const Books& books, OrderId id);
const Reservation* find_reservation(const Books& books, OrderId id);
const Payment* find_payment(const Books& books, OrderId id);
const CataloguePrice* find_price(const Books& books, Name sku);

}  // namespace shop::audit
