#include <algorithm>
#include <map>
#include <vector>

#include "tools/audit/audit.hpp"

namespace shop::audit {

namespace {

constexpr std::string_view movements_table = "inventory_db.movements";

using Quantities = std::map<Name, std::int64_t>;

Quantities summed(const std::vector<Line>& lines) {
    Quantities by_sku;
    for (const auto& line : lines) by_sku[line.sku] += line.quantity;
    return by_sku;
}

std::string text_of(const Subject& subject, const Quantities& quantities) {
    std::string text;
    for (const auto& [sku, quantity] : quantities)
        text += (text.empty() ? "" : ", ") + std::to_string(quantity) + " x " + subject.text(sku);
    return text.empty() ? "nothing" : text;
}

std::int64_t units(const Quantities& quantities) {
    std::int64_t sum = 0;
    for (const auto& [sku, quantity] : quantities) sum += quantity;
    return std::max<std::int64_t>(sum, 1);
}

/// In units, over all SKUs that either names.
std::int64_t apart(const Quantities& one, const Quantities& other) {
    auto difference = one;
    for (const auto& [sku, quantity] : other) difference[sku] -= quantity;
    std::int64_t sum = 0;
    for (const auto& [sku, quantity] : difference) sum += quantity < 0 ? -quantity : quantity;
    return std::max<std::int64_t>(sum, 1);
}

bool fits(OrderStatus order, const Reservation* reservation) {
    const auto is = [&](ReservationStatus status) { return reservation && reservation->status == status; };
    switch (order) {
        case OrderStatus::confirmed: return is(ReservationStatus::committed);
        case OrderStatus::cancelled: return !is(ReservationStatus::held) && !is(ReservationStatus::committed);
        // How far the reservation has come is open, but it cannot have left the shelf.
        case OrderStatus::pending:
        case OrderStatus::cancelling: return !is(ReservationStatus::committed);
    }
    return false;
}

Check reservation_fits_order(const Subject& subject) {
    Check check{"A2", "a confirmed order has a committed reservation, a cancelled one holds nothing"};
    if (!subject.single_orders()) return check;
    for (const auto& order : subject.books.orders) {
        if (!subject.settled(order.id)) continue;
        const auto* reservation = find_reservation(subject.books, order.id);
        if (fits(order.status, reservation)) continue;
        check.found({.subject = order.id.text(),
                     .detail = "order is " + word(order.status) + ", reservation is " +
                               (reservation ? word(reservation->status) : "not there"),
                     .wrong = units(summed(order.lines)),
                     .rows = {order_row(order.id), reservation_row(order.id)}});
    }
    return check;
}

Check reserved_is_ordered(const Subject& subject) {
    Check check{"A3", "a reservation holds the lines of its order, summed by SKU"};
    if (!subject.single_orders()) return check;
    for (const auto& reservation : subject.books.reservations) {
        if (!subject.settled(reservation.order)) continue;
        const bool must_have_lines = reservation.status == ReservationStatus::held ||
                                     reservation.status == ReservationStatus::committed;
        if (!reservation.lines_readable) {
            check.found({.subject = reservation.order.text(),
                         .detail = "the lines of the reservation cannot be read",
                         .rows = {reservation_row(reservation.order)}});
            continue;
        }
        if (reservation.lines.empty() && !must_have_lines) continue;
        const auto* order = find_order(subject.books, reservation.order);
        if (!order) continue;  // A14 tells.
        const auto ordered = summed(order->lines);
        const auto reserved = summed(reservation.lines);
        if (ordered != reserved)
            check.found({.subject = reservation.order.text(),
                         .detail = "ordered " + text_of(subject, ordered) + "; " + word(reservation.status) +
                                   " " + text_of(subject, reserved),
                         .wrong = apart(ordered, reserved),
                         .rows = {order_row(reservation.order), reservation_row(reservation.order)}});
    }
    return check;
}

struct Level {
    std::int64_t on_hand = 0, reserved = 0, moved = 0, held = 0;
    bool exists = false;
};

std::map<Name, Level> levels(const Books& books) {
    std::map<Name, Level> by_sku;
    for (const auto& stock : books.stock)
        by_sku[stock.sku] = {.on_hand = stock.on_hand, .reserved = stock.reserved, .exists = true};
    for (const auto& movement : books.movements) by_sku[movement.sku].moved += movement.delta;
    for (const auto& reservation : books.reservations)
        if (reservation.status == ReservationStatus::held)
            for (const auto& line : reservation.lines) by_sku[line.sku].held += line.quantity;
    return by_sku;
}

void compare_levels(const Subject& subject, Check& check) {
    for (const auto& [sku, level] : levels(subject.books)) {
        const auto& name = subject.text(sku);
        const auto wrong = [&](std::string detail, std::int64_t units_wrong, std::string_view other_table) {
            check.found({.subject = name,
                         .detail = std::move(detail),
                         .wrong = units_wrong,
                         .rows = {row("inventory_db.stock", "sku", name), row(other_table, "sku", name)}});
        };
        if (!level.exists)
            wrong("moved or held, but not in stock at all", distance(level.moved, level.held),
                  movements_table);
        else if (level.on_hand != level.moved)
            wrong("on hand " + std::to_string(level.on_hand) + ", movements sum to " +
                      std::to_string(level.moved),
                  distance(level.on_hand, level.moved), movements_table);
        else if (level.reserved != level.held)
            wrong("reserved " + std::to_string(level.reserved) + ", reservations hold " +
                      std::to_string(level.held),
                  distance(level.reserved, level.held), "inventory_db.reservations (status held) lines of");
        else if (level.reserved < 0 || level.reserved > level.on_hand)
            wrong("reserved " + std::to_string(level.reserved) + " of " + std::to_string(level.on_hand),
                  distance(level.reserved, level.on_hand), movements_table);
    }
}

std::vector<std::string> sale_rows(OrderId order) {
    return {row(movements_table, "order_id", order.text()), reservation_row(order)};
}

/// What the movements took off the shelf for each order against what its committed reservation says.
void compare_sales(const Subject& subject, Check& check) {
    const auto& movements = subject.books.movements;
    auto movement = movements.begin();
    while (movement != movements.end() && !movement->order) ++movement;
    const auto sold_until = [&](auto takes) {
        while (movement != movements.end() && takes(*movement)) {
            check.found({.subject = movement->order->text(),
                         .detail = "sold " + std::to_string(-movement->delta) + " x " +
                                   subject.text(movement->sku) + " without a reservation",
                         .wrong = distance(movement->delta, 0),
                         .rows = sale_rows(*movement->order)});
            ++movement;
        }
    };
    for (const auto& reservation : subject.books.reservations) {
        sold_until([&](const Movement& one) { return *one.order < reservation.order; });
        Quantities sold, reserved;
        for (; movement != movements.end() && *movement->order == reservation.order; ++movement)
            sold[movement->sku] -= movement->delta;
        if (reservation.status == ReservationStatus::committed) reserved = summed(reservation.lines);
        if (sold != reserved)
            check.found({.subject = reservation.order.text(),
                         .detail = "reservation is " + word(reservation.status) + " with " +
                                   text_of(subject, reserved) + " to leave the shelf; " +
                                   text_of(subject, sold) + " left it",
                         .wrong = apart(sold, reserved),
                         .rows = sale_rows(reservation.order)});
    }
    sold_until([](const Movement&) { return true; });
}

/// All of it is in one database, so this is exact on a running system too.
Check stock_is_explained(const Subject& subject) {
    Check check{"A7", "on hand is the sum of movements, reserved the sum of what is held, and covered"};
    if (!subject.levels) check.not_applicable = "not made this time";
    if (subject.levels && subject.sums()) compare_levels(subject, check);
    if (subject.single_orders()) compare_sales(subject, check);
    return check;
}

}  // namespace

void check_stock(const Subject& subject, Checks& checks) {
    checks.push_back(reservation_fits_order(subject));
    checks.push_back(reserved_is_ordered(subject));
    checks.push_back(stock_is_explained(subject));
}

}  // namespace shop::audit
