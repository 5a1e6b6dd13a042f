#include "tools/audit/tests/small_world.hpp"

#include <algorithm>
#include <stdexcept>

#include "shared/app/subscriptions.hpp"

namespace shop::audit {

namespace {

using Status = OrderStatus;

constexpr std::int64_t price = 250, quantity = 4;
constexpr auto an_hour = std::chrono::hours(1);

}  // namespace

OrderId SmallWorld::order_id(std::uint8_t number) { return {Uuid{{0, 0, 0, 0, 0, 0, 0x70, number}}}; }

Uuid SmallWorld::next_id() {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>((now - an_hour).time_since_epoch());
    Uuid id;
    for (std::size_t i = 0; i < 6; ++i)
        id.bytes[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(ms.count()) >> (40 - 8 * i));
    id.bytes[15] = ++ids_;
    return id;
}

void SmallWorld::add_order(std::uint8_t number, Status status, std::vector<Status> steps) {
    const auto id = order_id(number);
    const UserId user{Uuid{{9, number}}};
    // Two lines of one SKU, which the reservation sums.
    const Line line{name("MUG"), quantity / 2, price, name("EUR")};
    books.orders.push_back({.id = id,
                            .user = user,
                            .status = status,
                            .version = static_cast<std::int32_t>(steps.size()),
                            .total = quantity * price,
                            .currency = name("EUR"),
                            .created_at = now - an_hour,
                            .updated_at = now - an_hour,
                            .lines = {line, line}});
    auto from = Status::pending;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        books.history.push_back({id, static_cast<std::int32_t>(i) + 1, true, from, steps[i]});
        from = steps[i];
    }
    books.history.push_back({id, static_cast<std::int32_t>(steps.size()), false, from, from});
    books.keys.push_back({user, "key-" + std::to_string(number), id});
}

void SmallWorld::add_event(std::string_view service, std::string_view type,
                           std::vector<std::string_view> queues) {
    const auto id = next_id();
    books.sent.push_back({id, name(type), name(service), now - an_hour, now - an_hour});
    for (const auto queue : queues) books.handled.push_back({id, name(queue), now - an_hour});
}

void SmallWorld::add_money(std::uint8_t number, ProviderMove::Kind kind, std::int64_t amount) {
    const auto id = order_id(number);
    const auto text = std::to_string(number);
    const bool charge = kind == ProviderMove::Kind::charge;
    books.provider->moves.push_back({.kind = kind,
                                     .payment = "pi_" + text,
                                     .refund = charge ? "" : "re_" + text,
                                     .order_text = id.text(),
                                     .order = id,
                                     .amount = amount,
                                     .currency = name("EUR"),
                                     .at = now - an_hour});
    const auto transaction = next_id();
    const auto owed = charge ? amount : -amount;
    books.ledger.push_back({transaction, id, name("provider_balance"), owed, name("EUR")});
    books.ledger.push_back({transaction, id, name("sales"), -owed, name("EUR")});
}

SmallWorld::SmallWorld() {
    books.now = now;
    books.provider.emplace();
    add_order(confirmed, Status::confirmed, {Status::pending, Status::pending, Status::confirmed});
    add_order(refunded, Status::cancelled,
              {Status::pending, Status::pending, Status::cancelling, Status::cancelling, Status::cancelled});
    add_order(refused, Status::cancelled, {Status::pending, Status::cancelled});
    const std::vector<Line> reserved{{.sku = name("MUG"), .quantity = quantity}};
    const auto then = now - an_hour;
    books.reservations = {{order_id(confirmed), ReservationStatus::committed, then, true, reserved},
                          {order_id(refunded), ReservationStatus::released, then, true, reserved},
                          {order_id(refused), ReservationStatus::refused, then, true, {}}};
    books.stock = {{name("MUG"), 6, 0}, {name("TEA"), 5, 0}};
    books.movements = {
        {name("MUG"), 10, {}}, {name("TEA"), 5, {}}, {name("MUG"), -quantity, order_id(confirmed)}};
    const auto amount = quantity * price;
    books.payments = {
        {order_id(confirmed), PaymentStatus::charged, amount, name("EUR"), "pi_1", "", then, then},
        {order_id(refunded), PaymentStatus::refunded, amount, name("EUR"), "pi_2", "re_2", then, then}};
    add_money(confirmed, ProviderMove::Kind::charge, amount);
    add_money(refunded, ProviderMove::Kind::charge, amount);
    add_money(refunded, ProviderMove::Kind::refund, amount);
    add_messages();
    books.queues.emplace();
    for (const auto queue : {"inventory.orders", "order.saga", "order.catalogue", "payment.orders"}) {
        books.queues->push_back({queue, 0, 0});
        books.queues->push_back({queue + std::string(".dead"), 0, 0});
    }
}

void SmallWorld::add_messages() {
    add_event("order-service", "OrderCreated", {"inventory.orders"});
    add_event("inventory-service", "StockReserved", {"payment.orders", "order.saga"});
    add_event("payment-service", "PaymentProcessed", {"order.saga"});
    add_event("order-service", "OrderConfirmed", {"inventory.orders"});
    add_event("order-service", "OrderCancelled", {});
    add_event("product-service", "ProductChanged", {"order.catalogue"});
    add_event("user-service", "UserRegistered", {});
}

std::string failed(const Checks& checks) {
    std::string ids;
    for (const auto& check : checks)
        if (check.count > 0) ids += (ids.empty() ? "" : " ") + std::string(check.id);
    return ids;
}

const Check& check_of(const Checks& checks, std::string_view id) {
    const auto found = std::ranges::find(checks, id, &Check::id);
    if (found == checks.end()) throw std::runtime_error("no check " + std::string(id));
    return *found;
}

}  // namespace shop::audit
