#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "services/order-service/app/application/ports.hpp"

/// The ports in memory, without concurrency, and a log of who was asked in which order.
namespace shop::order {

using Log = std::vector<std::string>;

struct CountingIds : platform::Ids {
    platform::Uuid next() override {
        platform::Uuid id;
        id.bytes[15] = ++last;
        return id;
    }
    std::uint8_t last = 0;
};

struct StoppedClock : platform::Clock {
    Time now() const override { return Time{std::chrono::hours{12}}; }
};

struct MemoryOrders : Orders {
    class Transaction : public OrderTransaction {
      public:
        explicit Transaction(MemoryOrders& store) : store_{store} {}

        awaitable<LockedOrders> load(std::vector<SagaMessage> messages) override {
            auto locked = all();
            locked.fresh = std::move(messages);
            co_return locked;
        }
        awaitable<LockedOrders> load_due(std::size_t limit) override {
            auto locked = all();
            std::erase_if(locked.orders,
                          [&](const auto& one) { return one.second.saga.deadline > locked.now; });
            while (locked.orders.size() > limit) locked.orders.erase(std::prev(locked.orders.end()));
            locked.still_unsent = store_.unsent;
            co_return locked;
        }
        awaitable<LockedOrders> load_one(OrderId id) override {
            auto locked = all();
            std::erase_if(locked.orders, [&](const auto& one) { return one.first != id; });
            co_return locked;
        }
        awaitable<void> save(Changes changes) override {
            changes_ = std::move(changes);
            co_return;
        }
        awaitable<void> commit() override {
            store_.log.push_back("transaction");
            for (auto& order : changes_.orders) store_.orders[order.id] = order;
            store_.committed = std::move(changes_);
            co_return;
        }

      private:
        LockedOrders all() const {
            return {.now = store_.now, .fresh = {}, .orders = store_.orders, .still_unsent = {}};
        }
        MemoryOrders& store_;
        Changes changes_;
    };

    explicit MemoryOrders(Log& happened) : log{happened} {}

    awaitable<std::unique_ptr<OrderTransaction>> begin() override {
        co_return std::make_unique<Transaction>(*this);
    }
    awaitable<std::expected<std::optional<OrderId>, Refusal>> find(UserId, IdempotencyKey) override {
        log.push_back("find");
        co_return found;
    }
    awaitable<std::expected<PlacedOrder, Refusal>> commit(NewOrder order) override {
        log.push_back("commit");
        placed = order;
        if (loses_to) co_return *loses_to;
        co_return PlacedOrder{order.order.id};
    }

    Log& log;
    Time now{std::chrono::hours{12}};
    std::map<OrderId, Order> orders;
    std::vector<OrderId> unsent;
    std::optional<Changes> committed;
    std::expected<std::optional<OrderId>, Refusal> found;
    std::optional<std::expected<PlacedOrder, Refusal>> loses_to;
    std::optional<NewOrder> placed;
};

struct FixedCatalogue : Catalogue {
    explicit FixedCatalogue(Log& happened) : log{happened} {}

    awaitable<std::expected<PricedBasket, platform::http::Refused<Refusal>>> price(
        Basket basket, std::string traceparent) override {
        asked_in = std::move(traceparent);
        log.push_back("price");
        if (refusal) co_return std::unexpected(*refusal);
        PricedBasket priced{{}, basket.shipping_address, basket.payment_method};
        for (const auto& line : basket.lines)
            priced.lines.push_back(
                {line.sku, line.quantity, {1250, {line.sku.value == "US" ? "USD" : "EUR"}}});
        co_return priced;
    }

    Log& log;
    std::optional<Refusal> refusal;
    std::string asked_in;  // The trace.
};

struct SwitchedAdmission : Admission {
    explicit SwitchedAdmission(Log& happened) : log{happened} {}

    bool admit() override {
        log.push_back("admit");
        return open;
    }

    Log& log;
    bool open = true;
};

}  // namespace shop::order
