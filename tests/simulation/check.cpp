#include "tests/simulation/world.hpp"

namespace simulation {
namespace {

using Complaint = std::optional<std::string>;

Complaint check_order(const OrderDatabase& orders, const StockDatabase& stock,
                      const PaymentDatabase& payments, const shop::order::Order& order) {
    const auto name = "order " + order.id.text();
    const auto reservation = stock.reservations.find(order.id);
    const auto payment = payments.payments.find(order.id);
    const bool taken = reservation != stock.reservations.end() &&
                       reservation->second.status == shop::ReservationStatus::committed;
    const bool held = reservation != stock.reservations.end() &&
                      reservation->second.status == shop::ReservationStatus::held;
    std::int64_t kept = 0;
    for (const auto& entry : payments.ledger)
        if (entry.order_id == order.id && entry.account == "provider_balance") kept += entry.amount;
    switch (order.saga.status) {
        case shop::OrderStatus::pending:
        case shop::OrderStatus::cancelling: return name + " never became final";
        case shop::OrderStatus::confirmed:
            if (!taken) return name + " is confirmed, and its stock is not deducted";
            if (kept != orders.totals.at(order.id).amount)
                return name + " is confirmed, and " + std::to_string(kept) + " was kept for it";
            break;
        case shop::OrderStatus::cancelled:
            if (taken || held) return name + " is cancelled, and its stock is not back";
            if (kept != 0) return name + " is cancelled, and " + std::to_string(kept) + " was kept for it";
            if (payment != payments.payments.end() && payment->second.next_attempt)
                return name + " is cancelled, and its payment still waits for something";
            break;
    }
    return std::nullopt;
}

Complaint check_stock(const StockDatabase& stock, const shop::inventory::StockBySku& at_start) {
    for (const auto& [sku, level] : stock.stock) {
        auto on_hand = at_start.at(sku).on_hand;
        for (const auto& movement : stock.movements)
            if (movement.sku == sku) on_hand += movement.delta;
        if (level.on_hand != on_hand) return sku.value + ": the ledger does not explain what is on hand";
        if (level.reserved != 0) return sku.value + ": something is still reserved";
        if (level.on_hand < 0) return sku.value + " is oversold";
    }
    return std::nullopt;
}

Complaint check_provider(const PaymentDatabase& payments, const MemoryProvider& provider) {
    std::map<shop::OrderId, std::int64_t> theirs;
    std::map<shop::OrderId, std::int64_t> ours;
    for (const auto& [id, intent] : provider.intents())
        if (intent.status == MemoryProvider::Intent::Status::charged)
            theirs[intent.order_id] += intent.amount.amount - intent.refunded;
    std::int64_t sum = 0;
    for (const auto& entry : payments.ledger) {
        sum += entry.amount;
        if (entry.account == "provider_balance") ours[entry.order_id] += entry.amount;
    }
    if (sum != 0) return "the ledger does not sum to zero";
    for (const auto& [order, amount] : theirs)
        if (ours[order] != amount)
            return "order " + order.text() + ": the provider kept " + std::to_string(amount) +
                   ", our books say " + std::to_string(ours[order]);
    for (const auto& [order, amount] : ours)
        if (theirs[order] != amount)
            return "order " + order.text() + ": our books say " + std::to_string(amount) +
                   ", the provider kept " + std::to_string(theirs[order]);
    return std::nullopt;
}

Complaint check_history(const OrderDatabase& orders) {
    std::map<shop::OrderId, std::int32_t> versions;
    for (const auto& entry : orders.history) {
        if (!entry.changed) continue;
        if (entry.version != ++versions[entry.order_id])
            return "order " + entry.order_id.text() + ": its history has a gap or a repetition";
        if (entry.from == shop::OrderStatus::confirmed || entry.from == shop::OrderStatus::cancelled)
            return "order " + entry.order_id.text() + " was changed after it was final";
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> check(const OrderDatabase& orders, const StockDatabase& stock,
                                 const PaymentDatabase& payments, const MemoryProvider& provider,
                                 const shop::inventory::StockBySku& stock_at_start) {
    for (const auto& [id, order] : orders.orders)
        if (auto complaint = check_order(orders, stock, payments, order)) return complaint;
    if (auto complaint = check_stock(stock, stock_at_start)) return complaint;
    if (auto complaint = check_provider(payments, provider)) return complaint;
    return check_history(orders);
}

}  // namespace simulation
