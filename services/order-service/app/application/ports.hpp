#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/base/awaitable.hpp"
#include "platform/base/clock.hpp"
#include "platform/base/ids.hpp"
#include "platform/http/refused.hpp"
#include "platform/messaging/message.hpp"
#include "services/order-service/app/application/views.hpp"
#include "services/order-service/app/domain/order.hpp"

namespace shop::order {

using platform::awaitable;
using SagaMessage = platform::messaging::Message<SagaReply>;

/// What a transaction has locked. `now` is the database's clock, so that deadlines do not depend on a
/// replica's.
struct LockedOrders {
    Time now;
    std::vector<SagaMessage>
        fresh;  // Of the messages asked for: those not handled before, each once, in order.
    std::map<OrderId, Order> orders;  // Locked until commit. An order that does not exist is not in it.
    std::vector<OrderId>
        still_unsent;  // Orders with events in the outbox that were not published yet (only load_due).
};

/// What a transaction leaves behind: absolute values, history and outgoing events, written together.
struct Changes {
    std::vector<Order> orders;
    std::vector<HistoryEntry> history;
    struct Event {
        platform::Uuid id;
        OrderEvent event;
        std::string traceparent;
    };
    std::vector<Event> events;
};

/// One unit of work on orders. Destroyed without commit, it never happened. commit() may throw without
/// anybody knowing whether it happened: only a normal return lets a message be acknowledged.
struct OrderTransaction {
    virtual ~OrderTransaction() = default;
    virtual awaitable<LockedOrders> load(std::vector<SagaMessage> messages) = 0;
    /// Orders whose deadline has passed, without their lines, which no deadline needs.
    virtual awaitable<LockedOrders> load_due(std::size_t limit) = 0;
    virtual awaitable<LockedOrders> load_one(OrderId id) = 0;
    /// Lines are never written: they are what they were when the order was placed.
    virtual awaitable<void> save(Changes changes) = 0;
    virtual awaitable<void> commit() = 0;
};

/// Names one attempt of a client to place an order, so that a repetition finds the first. Empty: no
/// protection.
struct IdempotencyKey {
    std::string key;
    std::string request_sha256;
};

struct NewOrder {
    Order order;
    Money total;
    std::string shipping_address;
    std::string payment_method;
    Changes changes;
    IdempotencyKey key;
    Time placed_at;  // By our clock; the store moves the deadline to the database's.
};

struct PlacedOrder {
    OrderId id;
    bool repeated = false;                 // The key had been used: this is the order of then.
    std::optional<OrderView> as_placed{};  // Of a new order; spares whoever placed it a look.
};

struct Orders {
    virtual ~Orders() = default;
    virtual awaitable<std::unique_ptr<OrderTransaction>> begin() = 0;

    /// The order that an earlier request with this key placed; refused when that request said something else.
    virtual awaitable<std::expected<std::optional<OrderId>, Refusal>> find(UserId buyer,
                                                                           IdempotencyKey key) = 0;

    /// Commits the order unless its key was used meanwhile, in which case the winner is returned and `order`
    /// is dropped.
    virtual awaitable<std::expected<PlacedOrder, Refusal>> commit(NewOrder order) = 0;
};

struct Catalogue {
    virtual ~Catalogue() = default;

    /// Names the price of every line, in the order of the basket. `traceparent` is the request's: who else is
    /// asked belongs to the same trace.
    virtual awaitable<std::expected<PricedBasket, platform::http::Refused<Refusal>>> price(
        Basket basket, std::string traceparent) = 0;
};

/// Says whether one more order would still be handled before its deadline.
struct Admission {
    virtual ~Admission() = default;
    virtual bool admit() = 0;
};

struct Ports {
    Orders* orders;
    Catalogue* catalogue;
    Admission* admission;
    const platform::Clock* clock;
    platform::Ids* ids;
    const SagaTable* saga;
};

}  // namespace shop::order
