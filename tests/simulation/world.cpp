#include "tests/simulation/world.hpp"

#include <boost/asio/co_spawn.hpp>

#include "platform/base/ensure.hpp"

#include "platform/messaging/delivery.hpp"
#include "services/inventory-service/app/application/handle_orders.hpp"
#include "services/order-service/app/application/handle_replies.hpp"
#include "services/order-service/app/application/place_order.hpp"
#include "services/payment-service/app/application/handle_requests.hpp"
#include "tests/simulation/bus.hpp"

namespace simulation {
namespace {

using namespace std::chrono_literals;
namespace order = shop::order;
namespace inventory = shop::inventory;
namespace payment = shop::payment;

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
    Time now() const override { return time; }
    Time time{std::chrono::hours{1}};
};

/// Everything costs ten, except what costs more.
class FixedPrices final : public order::Catalogue {
  public:
    awaitable<std::expected<order::PricedBasket, platform::http::Refused<order::Refusal>>> price(
        order::Basket basket, std::string) override {
        order::PricedBasket priced{{}, basket.shipping_address, basket.payment_method};
        for (const auto& line : basket.lines)
            priced.lines.push_back({line.sku, line.quantity, {10 + line.quantity, {"EUR"}}});
        co_return priced;
    }
};

struct Open final : order::Admission {
    bool admit() override { return true; }
};

class World {
  public:
    World(const Schedule& schedule, Coverage& coverage, std::string* story);

    std::optional<std::string> live();

  private:
    enum class Ended { normally, crashed, unavailable };

    /// Runs a coroutine to its end: with memory behind every port it never waits.
    template <class T>
    Ended finish(awaitable<T> work);

    template <class Event, class Handle>
    void deliver(Bus<Event>& bus, std::string_view queue, Handle handle);
    template <class Event, class Route>
    void relay(Books<Event>& books, std::string_view service, Route route);

    void place();
    void cancel_some();
    void work();
    void step();
    void let_time_pass();
    bool at_rest() const;
    void tell(std::string_view what) {
        if (story_ != nullptr)
            *story_ +=
                std::to_string(clock_.time.time_since_epoch() / 1ms) + " ms  " + std::string{what} + "\n";
    }

    Schedule schedule_;
    Coverage& coverage_;
    std::string* story_;
    Random random_;
    Faults faults_;
    boost::asio::io_context io_;
    VirtualClock clock_;
    CountedIds ids_;

    OrderDatabase order_db_;
    StockDatabase stock_db_;
    PaymentDatabase payment_db_;
    MemoryOrders orders_{order_db_, clock_.time, faults_};
    MemoryStock stock_{stock_db_, faults_};
    MemoryPayments payments_{payment_db_, clock_.time, faults_};
    MemoryProvider provider_{faults_};
    FixedPrices prices_;
    Open admission_;
    order::SagaTable saga_ = order::order_saga();
    order::Ports order_ports_{&orders_, &prices_, &admission_, &clock_, &ids_, &saga_};
    inventory::Ports stock_ports_{&stock_, &ids_};
    payment::Ports payment_ports_{&payments_, &provider_, nullptr, &ids_, {}};
    MemoryRecorder recorder_{payment_ports_};

    Bus<order::SagaReply> saga_queue_{random_, faults_};
    Bus<inventory::StockMessage> stock_queue_{random_, faults_};
    Bus<payment::PaymentMessage> payment_queue_{random_, faults_};
    inventory::StockBySku stock_at_start_;
    int placed_ = 0;
};

FaultRates draw(Random& random) {
    const auto rate = [&](double most) {
        return random.chance(0.4) ? 0.0 : most * static_cast<double>(random.below(100)) / 100;
    };
    return {.crash = rate(0.05),
            .commit_unknown = rate(0.1),
            .database_gone = rate(0.1),
            .duplicate = rate(0.3),
            .delay = rate(0.2),
            .crash_before_ack = rate(0.1),
            .relay_crash = rate(0.2),
            .provider_lost = rate(0.3),
            .provider_error = rate(0.1),
            .declined = rate(0.3),
            .cancelled = rate(0.1)};
}

World::World(const Schedule& schedule, Coverage& coverage, std::string* story)
    : schedule_(schedule),
      coverage_(coverage),
      story_(story),
      random_(schedule.seed),
      faults_{random_, draw(random_), coverage, schedule.bug} {
    payment_ports_.recorder = &recorder_;
    for (const auto* sku : {"A", "B", "C"})
        stock_db_.stock[{sku}] = {static_cast<std::int64_t>(1 + random_.below(12)), 0};
    stock_at_start_ = stock_db_.stock;
}

template <class T>
World::Ended World::finish(awaitable<T> work) {
    auto ended = Ended::normally;
    bool done = false;
    boost::asio::co_spawn(io_, std::move(work), [&](std::exception_ptr failure, auto&&...) {
        done = true;
        if (!failure) return;
        try {
            std::rethrow_exception(failure);
        } catch (const Crash&) {
            ended = Ended::crashed;
        } catch (const platform::Unavailable&) {
            ended = Ended::unavailable;
        }
    });
    io_.restart();
    io_.poll();
    platform::ensure(done, "memory ports never wait");
    return ended;
}

/// The rules of acknowledgement are production's own; see platform/messaging/delivery.hpp.
struct SimulatedDelivery final : platform::messaging::DeliveryPorts {
    awaitable<int> begin_attempt(platform::Uuid) override { co_return 1; }
    awaitable<void> forgive_attempt(platform::Uuid) override { co_return; }
    awaitable<bool> pause(std::chrono::milliseconds) override { co_return true; }
    void rejected(platform::Uuid, std::string_view, std::string_view why) override { reason = why; }
    std::string reason;
};

template <class Event>
awaitable<void> deliver_into(std::vector<platform::messaging::Delivery<Event>> batch,
                             platform::messaging::Handler<Event> handler,
                             std::shared_ptr<SimulatedDelivery> ports,
                             std::vector<platform::messaging::Verdict>* verdicts) {
    *verdicts = co_await platform::messaging::deliver<Event>(std::move(batch), std::move(handler), ports, {});
}

template <class Event, class Handle>
void World::deliver(Bus<Event>& bus, std::string_view queue, Handle handle) {
    auto batch = bus.take(clock_.time);
    if (batch.empty()) return;
    std::vector<platform::messaging::Delivery<Event>> deliveries;
    for (const auto& one : batch) deliveries.push_back({{one.id, one.event, {}}, one.redelivered});
    const auto ports = std::make_shared<SimulatedDelivery>();
    std::vector<platform::messaging::Verdict> verdicts;
    const auto ended = finish(deliver_into<Event>(std::move(deliveries), handle, ports, &verdicts));
    tell(std::string{queue} + ": " + std::to_string(batch.size()) + " messages" +
         (ended == Ended::crashed ? ", crashed" : ""));
    if (ended != Ended::normally && schedule_.bug == Bug::acknowledged_first) return;
    if (ended != Ended::normally || faults_.happens(faults_.rates.crash_before_ack, "crash before ack"))
        return bus.give_back(std::move(batch));
    for (const auto verdict : verdicts)
        platform::ensure(verdict == platform::messaging::Verdict::done, "no message of this world is poison");
}

template <class Event, class Route>
void World::relay(Books<Event>& books, std::string_view service, Route route) {
    if (books.unsent.empty()) return;
    const auto count = 1 + random_.below(books.unsent.size());
    const auto mark = [&] {
        books.unsent.erase(books.unsent.begin(), books.unsent.begin() + static_cast<std::ptrdiff_t>(count));
    };
    const bool crash = faults_.happens(faults_.rates.relay_crash, "crash between confirm and mark");
    if (crash && schedule_.bug == Bug::marked_before_sent) return mark();
    for (std::size_t i = 0; i < count; ++i) {
        std::visit([&](const auto& event) { route(books.unsent[i].id, event); }, books.unsent[i].event);
        tell(std::string{service} + " publishes " +
             std::visit(
                 [](const auto& event) {
                     return std::string{std::decay_t<decltype(event)>::type} + " of " +
                            event.order_id.text().substr(32);
                 },
                 books.unsent[i].event));
    }
    // Confirmed, and gone before it was marked: everything goes out once more.
    if (!crash) mark();
}

void World::place() {
    order::Basket basket{{}, "street", "pm"};
    for (std::size_t i = 0, lines = 1 + random_.below(3); i < lines; ++i)
        basket.lines.push_back({{std::string(1, static_cast<char>('A' + random_.below(3)))},
                                static_cast<std::int64_t>(1 + random_.below(3))});
    const order::IdempotencyKey key{"key-" + std::to_string(placed_), "hash"};
    // A client that heard nothing asks again under the same key.
    for (int attempt = 0; attempt < 20; ++attempt) {
        const auto ended = finish(order::place_order(order_ports_, {}, basket, key, {}));
        if (ended == Ended::normally) break;
        ++coverage_["order placed again"];
    }
    ++placed_;
}

void World::cancel_some() {
    for (const auto& [id, one] : order_db_.orders)
        if (one.saga.status == shop::OrderStatus::pending &&
            faults_.happens(faults_.rates.cancelled, "cancelled by the customer")) {
            tell("the customer cancels " + id.text().substr(32));
            finish(order::cancel_order(order_ports_, {}, id, {}));
            return;
        }
}

awaitable<void> claim_into(payment::Ports ports, std::vector<payment::Payment>* claimed) {
    *claimed = co_await payment::claim(ports, 3);
}

void World::work() {
    std::vector<payment::Payment> claimed;
    finish(claim_into(payment_ports_, &claimed));
    for (auto& one : claimed) {
        tell("a worker drives the payment of " + one.order_id.text().substr(32));
        finish(payment::drive(payment_ports_, std::move(one)));
    }
}

void World::step() {
    const auto to_saga = [&](const auto& id, const auto& event) {
        saga_queue_.publish(id, event, clock_.time);
    };
    switch (random_.below(10)) {
        case 0:
            if (placed_ < schedule_.orders) place();
            break;
        case 1: cancel_some(); break;
        case 2: finish(order::sweep_deadlines(order_ports_, 10)); break;
        case 3: work(); break;
        case 4:
            relay(order_db_.books, "order", [&](const auto& id, const auto& event) {
                using Event = std::decay_t<decltype(event)>;
                if constexpr (std::is_constructible_v<inventory::StockMessage, Event>)
                    stock_queue_.publish(id, event, clock_.time);
                if constexpr (std::is_constructible_v<payment::PaymentMessage, Event>)
                    payment_queue_.publish(id, event, clock_.time);
            });
            break;
        case 5:
            relay(stock_db_.books, "inventory", [&](const auto& id, const auto& event) {
                to_saga(id, event);
                if constexpr (std::is_same_v<std::decay_t<decltype(event)>, shop::StockReserved>)
                    payment_queue_.publish(id, event, clock_.time);
            });
            break;
        case 6: relay(payment_db_.books, "payment", to_saga); break;
        case 7:
            deliver(saga_queue_, "order.saga", [this](std::vector<order::SagaMessage> batch) {
                return order::handle_replies(order_ports_, std::move(batch));
            });
            break;
        case 8:
            deliver(stock_queue_, "inventory.orders", [this](std::vector<inventory::InventoryMessage> batch) {
                return inventory::handle_orders(stock_ports_, std::move(batch));
            });
            break;
        case 9:
            deliver(payment_queue_, "payment.orders", [this](std::vector<payment::PaymentRequest> batch) {
                return payment::handle_requests(payment_ports_, std::move(batch));
            });
            break;
        default: break;
    }
    let_time_pass();
}

void World::let_time_pass() {
    // Mostly milliseconds, sometimes long enough for a deadline or a lease.
    const auto most = random_.chance(0.004) ? 30'000 : random_.chance(0.05) ? 1'000 : 20;
    clock_.time += std::chrono::milliseconds{random_.below(static_cast<std::size_t>(most))};
    for (const auto& [sku, level] : stock_db_.stock)
        platform::ensure(0 <= level.reserved && level.reserved <= level.on_hand, "0 <= reserved <= on_hand");
}

bool World::at_rest() const {
    const auto final = [](const auto& entry) { return !entry.second.saga.deadline; };
    const auto settled = [](const auto& entry) { return !entry.second.next_attempt; };
    return placed_ == schedule_.orders && order_db_.books.unsent.empty() && stock_db_.books.unsent.empty() &&
           payment_db_.books.unsent.empty() && saga_queue_.empty() && stock_queue_.empty() &&
           payment_queue_.empty() && std::ranges::all_of(order_db_.orders, final) &&
           std::ranges::all_of(payment_db_.payments, settled);
}

std::optional<std::string> World::live() {
    const auto stormy_steps = 60 + random_.below(300);
    for (std::size_t i = 0; i < stormy_steps; ++i) step();
    faults_.enabled =
        false;  // From here on nothing goes wrong any more, and everything must come to its end.
    constexpr int steps_max = 50'000;
    for (int i = 0; !at_rest(); ++i) {
        if (i == steps_max) return "the world did not come to rest";
        step();
    }
    for (const auto& [id, one] : order_db_.orders) {
        ++coverage_[one.saga.status == shop::OrderStatus::confirmed ? "order confirmed" : "order cancelled"];
        if (one.cancel_reason == shop::CancelReason::timed_out) ++coverage_["order timed out"];
    }
    for (const auto& [id, one] : payment_db_.payments)
        if (one.status == shop::PaymentStatus::refunded) ++coverage_["payment refunded"];
    return check(order_db_, stock_db_, payment_db_, provider_, stock_at_start_);
}

}  // namespace

std::optional<std::string> run(const Schedule& schedule, Coverage& coverage, std::string* story) {
    return World{schedule, coverage, story}.live();
}

}  // namespace simulation
