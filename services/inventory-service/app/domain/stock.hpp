#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "platform/base/time.hpp"
#include "services/inventory-service/app/domain/refusal.hpp"
#include "shared/app/enums/reservation_status.hpp"
#include "shared/app/schemas/inventory_events.hpp"

/// Stock and reservations: pure decisions. Whatever is decided here, `0 <= reserved <= on_hand` holds before
/// and after, and a reservation is held for all lines of an order or for none.
namespace shop::inventory {

struct Stock {
    std::int64_t on_hand = 0;   // On the shelf, promised or not.
    std::int64_t reserved = 0;  // Promised to orders that are not final yet.

    std::int64_t available() const { return on_hand - reserved; }
    bool operator==(const Stock&) const = default;
};

using StockBySku = std::map<Sku, Stock>;

struct ReservedLine {
    Sku sku;
    std::int64_t quantity = 0;

    bool operator==(const ReservedLine&) const = default;
};
BOOST_DESCRIBE_STRUCT(ReservedLine, (), (sku, quantity))

struct Reservation {
    OrderId order_id;
    ReservationStatus status = ReservationStatus::fresh;
    std::vector<ReservedLine> lines;  // One per SKU, sorted; empty unless the order was ever held.
    std::string detail;               // Why it was refused.

    bool operator==(const Reservation&) const = default;
};

/// One line of the ledger that explains `on_hand`: the sum over a SKU is what is on the shelf.
struct Movement {
    Sku sku;
    std::int64_t delta = 0;
    std::string reason;  // "sale", or what an administrator wrote.
    std::optional<OrderId> order_id;

    bool operator==(const Movement&) const = default;
};

using StockMessage = std::variant<OrderCreated, OrderConfirmed, ReleaseStock>;
using StockEvent = std::variant<StockReserved, StockReservationFailed, StockReleased>;

struct Decision {
    bool changed = false;  // The reservation, and with it perhaps the stock.
    std::vector<Movement> movements;
    std::optional<StockEvent> event;
};

/// A message that contradicts what was committed; only a bug or a forgery can send it. Nothing may be changed
/// on it.
struct Contradiction {
    std::string what;
};

/// Applies one message to the reservation of its order and to the stock of its lines. A SKU that is not in
/// `stock` has nothing available. A repeated message changes nothing; a repeated undo is answered again.
std::expected<Decision, Contradiction> apply(Reservation& reservation, StockBySku& stock,
                                             const StockMessage& message);

/// The administrator counted the shelf, or moves `delta` units. What is promised cannot be taken away.
std::expected<Movement, Refusal> set_on_hand(const Sku& sku, Stock& stock, std::int64_t on_hand,
                                             std::string reason);
std::expected<Movement, Refusal> adjust(const Sku& sku, Stock& stock, std::int64_t delta, std::string reason);

/// The SKUs that a message may touch, as far as the message itself says.
std::vector<Sku> skus_of(const StockMessage& message);

}  // namespace shop::inventory
