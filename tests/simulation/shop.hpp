#pragma once

#include "services/order-service/app/application/order_saga.hpp"
#include "tests/simulation/bus.hpp"
#include "tests/simulation/memory_orders.hpp"
#include "tests/simulation/memory_payments.hpp"
#include "tests/simulation/memory_provider.hpp"
#include "tests/simulation/memory_stock.hpp"

/// What a simulated world consists of, without what happens in it.
namespace simulation {

class CountedIds final : public platform::Ids {
  public:
    platform::Uuid next() override {
        platform::Uuid id;
        for (std::size_t i = 0, n = ++count_; i < 8; ++i, n >>= 8)
            id.bytes[15 - i] = static_cast<std::uint8_t>(n);
        return id;
    }

  private:
    std::size_t count_ = 0;
};

class VirtualClock final : public platform::Clock {
  public:
    explicit VirtualClock(const Time& now) : now_(now) {}
    Time now() const override { return now_; }

  private:
    const Time& now_;
};

/// Everything costs ten, and each piece of a line one more.
class FixedPrices final : public shop::order::Catalogue {
  public:
    awaitable<std::expected<shop::order::PricedBasket, platform::http::Refused<shop::order::Refusal>>> price(
        shop::order::Basket basket, std::string /*traceparent*/) override {
        shop::order::PricedBasket priced{{}, basket.shipping_address, basket.payment_method};
        for (const auto& line : basket.lines)
            priced.lines.push_back({line.sku, line.quantity, {10 + line.quantity, {"EUR"}}});
        co_return priced;
    }
};

/// The real one counts now and then; this one counts always.
class PendingOrders final : public shop::order::Admission {
  public:
    PendingOrders(const OrderDatabase& database, Context& context) : database_(database), context_(context) {}
    bool admit() override {
        std::size_t open = 0;
        for (const auto& [id, order] : database_.orders) open += order.saga.deadline.has_value();
        if (open < limit) return true;
        context_.saw(Rare::order_not_admitted);
        return false;
    }
    std::size_t limit = 1;

  private:
    const OrderDatabase& database_;
    Context& context_;
};

/// Somebody who wants one order, and asks under one key until they know that it was taken.
struct Customer {
    shop::order::Basket basket;
    std::string key;
    std::optional<shop::OrderId> acknowledged;
    int asking = 0;  // Requests under way.
    int asked = 0;
    Time again_at{};  // Not before.
};

/// Databases, provider and queues: what stays when processes die.
struct Shop {
    explicit Shop(Context& context) : provider(context), saga(context), stock(context), payment(context) {}

    OrderDatabase order_db;
    StockDatabase stock_db;
    PaymentDatabase payment_db;
    MemoryProvider provider;
    Bus<shop::order::SagaReply> saga;
    Bus<shop::inventory::StockMessage> stock;
    Bus<shop::payment::PaymentMessage> payment;
    std::vector<Customer> customers;
    shop::inventory::StockBySku stock_at_start;
    std::optional<std::string> complaint;  // The first thing that was wrong.

    void complain(std::string what) {
        if (!complaint) complaint = std::move(what);
    }
};

/// What must hold at any moment; the first thing that does not is the complaint.
void check_always(Shop& shop);
/// What must hold when everything has come to rest.
std::optional<std::string> check_at_rest(const Shop& shop);

}  // namespace simulation
