#include "tests/simulation/shop.hpp"

namespace simulation {
namespace {

using Complaint = std::optional<std::string>;
using shop::OrderStatus;
using shop::ReservationStatus;

/// What the order's lines come to by SKU.
std::map<shop::Sku, std::int64_t> pieces(const auto& lines) {
    std::map<shop::Sku, std::int64_t> sums;
    for (const auto& line : lines) sums[line.sku] += line.quantity;
    return sums;
}

Complaint check_order(const Shop& shop, const shop::order::Order& order) {
    const auto name = "order " + order.id.text();
    const auto found = shop.stock_db.reservations.find(order.id);
    const auto* reservation = found == shop.stock_db.reservations.end() ? nullptr : &found->second;
    const bool taken = reservation != nullptr && reservation->status == ReservationStatus::committed;
    const bool held = reservation != nullptr && reservation->status == ReservationStatus::held;
    std::int64_t kept = 0;
    for (const auto& entry : shop.payment_db.ledger)
        if (entry.order_id == order.id && entry.account == "provider_balance") kept += entry.amount;
    switch (order.saga.status) {
        case OrderStatus::pending:
        case OrderStatus::cancelling: return name + " never became final";
        case OrderStatus::confirmed:
            if (!taken) return name + " is confirmed, and its stock is not deducted";
            if (pieces(reservation->lines) != pieces(order.lines))
                return name + " is confirmed, and something else was deducted";
            if (kept != shop.order_db.totals.at(order.id).amount)
                return name + " is confirmed, and " + std::to_string(kept) + " was kept for it";
            break;
        case OrderStatus::cancelled:
            if (taken || held) return name + " is cancelled, and its stock is not back";
            if (kept != 0) return name + " is cancelled, and " + std::to_string(kept) + " was kept for it";
            break;
    }
    return std::nullopt;
}

Complaint check_stock(const Shop& shop) {
    for (const auto& [sku, level] : shop.stock_db.stock) {
        auto on_hand = shop.stock_at_start.at(sku).on_hand;
        for (const auto& movement : shop.stock_db.movements)
            if (movement.sku == sku) on_hand += movement.delta;
        if (level.on_hand != on_hand) return sku.value + ": the ledger does not explain what is on hand";
        if (level.reserved != 0) return sku.value + ": something is still reserved";
    }
    for (const auto& [id, reservation] : shop.stock_db.reservations)
        if (!shop.order_db.orders.contains(id)) return "a reservation without an order: " + id.text();
    return std::nullopt;
}

Complaint check_money(const Shop& shop) {
    std::map<shop::OrderId, std::int64_t> theirs;
    std::map<shop::OrderId, std::int64_t> ours;
    std::map<shop::OrderId, int> charges;
    for (const auto& [id, intent] : shop.provider.intents()) {
        if (intent.status != MemoryProvider::Intent::Status::charged) continue;
        theirs[intent.order_id] += intent.amount.amount - intent.refunded;
        if (++charges[intent.order_id] > 1) return "order " + intent.order_id.text() + " was charged twice";
    }
    std::int64_t sum = 0;
    for (const auto& entry : shop.payment_db.ledger) {
        sum += entry.amount;
        if (entry.account == "provider_balance") ours[entry.order_id] += entry.amount;
    }
    if (sum != 0) return "the ledger does not sum to zero";
    for (const auto& [order, amount] : ours) theirs.try_emplace(order, 0);
    for (const auto& [order, amount] : theirs)
        if (ours[order] != amount)
            return "order " + order.text() + ": the provider kept " + std::to_string(amount) +
                   ", our books say " + std::to_string(ours[order]);
    for (const auto& [id, payment] : shop.payment_db.payments) {
        if (payment.next_attempt) return "the payment of order " + id.text() + " still waits for something";
        if (!shop.order_db.orders.contains(id)) return "a payment without an order: " + id.text();
        if (payment.status == shop::PaymentStatus::manual) return "a refund was refused: " + id.text();
    }
    return std::nullopt;
}

Complaint check_history(const OrderDatabase& orders) {
    std::map<shop::OrderId, std::int32_t> versions;
    for (const auto& entry : orders.history) {
        if (!entry.changed) continue;
        if (entry.version != ++versions[entry.order_id])
            return "order " + entry.order_id.text() + ": its history has a gap or a repetition";
        if (entry.from == OrderStatus::confirmed || entry.from == OrderStatus::cancelled)
            return "order " + entry.order_id.text() + " was changed after it was final";
    }
    for (const auto& [id, order] : orders.orders)
        if (versions[id] != order.version) return "order " + id.text() + " is not where its history ends";
    return std::nullopt;
}

Complaint check_customers(const Shop& shop) {
    for (const auto& customer : shop.customers)
        if (!customer.acknowledged || !shop.order_db.orders.contains(*customer.acknowledged))
            return "what the customer with " + customer.key + " was told is not there";
    if (shop.order_db.orders.size() != shop.customers.size())
        return std::to_string(shop.customers.size()) + " customers have " +
               std::to_string(shop.order_db.orders.size()) + " orders";
    return std::nullopt;
}

/// What is reserved is what is held, and no more than there is.
void check_reserved(Shop& shop) {
    std::map<shop::Sku, std::int64_t> held;
    for (const auto& [id, reservation] : shop.stock_db.reservations)
        if (reservation.status == ReservationStatus::held)
            for (const auto& line : reservation.lines) held[line.sku] += line.quantity;
    for (const auto& [sku, level] : shop.stock_db.stock) {
        if (level.reserved > level.on_hand)
            shop.complain(sku.value + " is oversold: " + std::to_string(level.reserved) + " reserved of " +
                          std::to_string(level.on_hand));
        if (level.reserved != held[sku])
            shop.complain(sku.value + ": " + std::to_string(level.reserved) + " are reserved, and " +
                          std::to_string(held[sku]) + " are held for orders");
    }
}

}  // namespace

void check_always(Shop& shop) {
    if (std::exchange(shop.stock_db.changed, false)) check_reserved(shop);
    for (const auto& [id, intent] : shop.provider.intents())
        if (intent.refunded > intent.amount.amount)
            shop.complain("more than was charged is refunded to order " + intent.order_id.text());
}

std::optional<std::string> check_at_rest(const Shop& shop) {
    for (const auto& [id, order] : shop.order_db.orders)
        if (auto complaint = check_order(shop, order)) return complaint;
    if (auto complaint = check_stock(shop)) return complaint;
    if (auto complaint = check_money(shop)) return complaint;
    if (auto complaint = check_history(shop.order_db)) return complaint;
    return check_customers(shop);
}

}  // namespace simulation
