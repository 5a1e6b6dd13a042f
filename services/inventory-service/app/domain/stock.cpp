#include "services/inventory-service/app/domain/stock.hpp"

#include <algorithm>

#include "platform/base/ensure.hpp"

namespace shop::inventory {
namespace {

using Outcome = std::expected<Decision, Contradiction>;

/// Lines of one SKU are summed first: checked one by one, two lines of 3 would both fit into 4.
std::vector<ReservedLine> summed(const std::vector<OrderLine>& lines) {
    std::map<Sku, std::int64_t> by_sku;
    for (const auto& line : lines) by_sku[line.sku] += line.quantity;
    std::vector<ReservedLine> out;
    out.reserve(by_sku.size());
    for (const auto& [sku, quantity] : by_sku) out.push_back({sku, quantity});
    return out;
}

bool well_formed(const std::vector<OrderLine>& lines) {
    constexpr std::int64_t quantity_max =
        1'000'000;  // Far above what an order may ask, far below an overflow of sums.
    return !lines.empty() && std::ranges::all_of(lines, [](const OrderLine& line) {
        return line.quantity > 0 && line.quantity <= quantity_max;
    });
}

std::vector<Shortage> shortages(const std::vector<ReservedLine>& lines, const StockBySku& stock) {
    std::vector<Shortage> out;
    for (const auto& line : lines) {
        const auto found = stock.find(line.sku);
        const auto available = found == stock.end() ? 0 : found->second.available();
        if (available < line.quantity) out.push_back({line.sku, line.quantity, available});
    }
    return out;
}

Outcome contradiction(const Reservation& reservation, std::string_view message) {
    return std::unexpected(Contradiction{std::string{message} + " for order " + reservation.order_id.text() +
                                         ", which says otherwise in its reservation"});
}

Outcome reserve(Reservation& reservation, StockBySku& stock, const OrderCreated& order) {
    // Held already, refused already, or released before it came (then nobody waits for an answer any more).
    if (reservation.status != ReservationStatus::fresh) return Decision{};
    if (!well_formed(order.lines)) return contradiction(reservation, "lines without a sound quantity");
    auto lines = summed(order.lines);
    auto missing = shortages(lines, stock);
    if (!missing.empty()) {
        reservation.status = ReservationStatus::refused;
        reservation.detail = "insufficient_stock";
        return Decision{
            true, {}, StockReservationFailed{order.order_id, "insufficient_stock", std::move(missing)}};
    }
    for (const auto& line : lines) stock.at(line.sku).reserved += line.quantity;
    reservation.status = ReservationStatus::held;
    reservation.lines = std::move(lines);
    return Decision{true, {}, StockReserved{order.order_id, order.total, order.payment}};
}

/// Confirmation comes after StockReserved was committed here, so the reservation must be held: this cannot
/// refuse.
Outcome deduct(Reservation& reservation, StockBySku& stock) {
    if (reservation.status == ReservationStatus::committed) return Decision{};
    if (reservation.status != ReservationStatus::held) return contradiction(reservation, "OrderConfirmed");
    Decision decision{.changed = true};
    for (const auto& line : reservation.lines) {
        auto& level = stock.at(line.sku);
        level.on_hand -= line.quantity;
        level.reserved -= line.quantity;
        decision.movements.push_back({line.sku, -line.quantity, "sale", reservation.order_id});
    }
    reservation.status = ReservationStatus::committed;
    return decision;
}

Outcome release(Reservation& reservation, StockBySku& stock) {
    std::int64_t units = 0;
    Decision decision;
    switch (reservation.status) {
        case ReservationStatus::committed: return contradiction(reservation, "ReleaseStock");
        case ReservationStatus::refused: break;
        case ReservationStatus::fresh:
            // The undo overtook its do. Remembered, so that the order is refused when it comes.
            reservation.status = ReservationStatus::released;
            decision.changed = true;
            break;
        case ReservationStatus::held:
            for (const auto& line : reservation.lines) stock.at(line.sku).reserved -= line.quantity;
            reservation.status = ReservationStatus::released;
            decision.changed = true;
            [[fallthrough]];
        case ReservationStatus::released:
            for (const auto& line : reservation.lines) units += line.quantity;
            break;
    }
    decision.event = StockReleased{reservation.order_id, units};
    return decision;
}

std::expected<Movement, Refusal> move_to(const Sku& sku, Stock& stock, std::int64_t on_hand,
                                         std::string reason) {
    if (on_hand < stock.reserved) return std::unexpected(Refusal::below_reserved);
    const auto delta = on_hand - stock.on_hand;
    stock.on_hand = on_hand;
    return Movement{sku, delta, std::move(reason), std::nullopt};
}

}  // namespace

std::expected<Decision, Contradiction> apply(Reservation& reservation, StockBySku& stock,
                                             const StockMessage& message) {
    auto outcome = [&]() -> Outcome {
        if (const auto* order = std::get_if<OrderCreated>(&message))
            return reserve(reservation, stock, *order);
        if (std::holds_alternative<OrderConfirmed>(message)) return deduct(reservation, stock);
        return release(reservation, stock);
    }();
    for (const auto& line : reservation.lines) {
        const auto& level = stock.at(line.sku);
        platform::ensure(0 <= level.reserved && level.reserved <= level.on_hand, "0 <= reserved <= on_hand");
    }
    return outcome;
}

std::expected<Movement, Refusal> set_on_hand(const Sku& sku, Stock& stock, std::int64_t on_hand,
                                             std::string reason) {
    return move_to(sku, stock, on_hand, std::move(reason));
}

std::expected<Movement, Refusal> adjust(const Sku& sku, Stock& stock, std::int64_t delta,
                                        std::string reason) {
    return move_to(sku, stock, stock.on_hand + delta, std::move(reason));
}

std::vector<Sku> skus_of(const StockMessage& message) {
    std::vector<Sku> out;
    if (const auto* order = std::get_if<OrderCreated>(&message))
        for (const auto& line : order->lines) out.push_back(line.sku);
    return out;
}

}  // namespace shop::inventory
