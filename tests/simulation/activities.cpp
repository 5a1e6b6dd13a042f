#include "services/order-service/app/application/place_order.hpp"
#include "tests/simulation/life.hpp"

/// What processes and customers do in a simulated world, with production's own code behind it.
namespace simulation {

namespace order = shop::order;
namespace inventory = shop::inventory;
namespace payment = shop::payment;
namespace messaging = platform::messaging;

namespace {

/// The rules of acknowledgement are production's own; see platform/messaging/delivery.hpp.
template <class Event>
class SimulatedDelivery final : public messaging::DeliveryPorts {
  public:
    SimulatedDelivery(Books<Event>& books, Context& context) : books_(books), context_(context) {}

    awaitable<int> begin_attempt(platform::Uuid id) override {
        context_.port_call();
        co_return books_.inbox.contains(id) ? 0 : ++books_.attempts[id];
    }
    awaitable<void> forgive_attempt(platform::Uuid id) override {
        --books_.attempts[id];
        co_return;
    }
    awaitable<bool> pause(std::chrono::milliseconds delay) override {
        if (context_.interleaved) {
            context_.engine.current().not_before = context_.now + delay;
            co_await context_.engine.suspend();
        }
        co_return true;
    }
    void rejected(platform::Uuid, std::string_view reason, std::string_view why) override {
        if (reason == "failed") failed = why;
    }
    std::string failed;  // No message of these worlds is bad: one that fails for good is a bug.

  private:
    Books<Event>& books_;
    Context& context_;
};

/// A batch that goes back to its queue unless it is settled: so it does when its consumer dies.
template <class Event>
struct Taken {
    Bus<Event>& bus;
    std::vector<typename Bus<Event>::Message> messages;
    std::vector<bool> settled = std::vector<bool>(messages.size(), false);

    ~Taken() {
        for (std::size_t i = 0; i < messages.size(); ++i)
            if (!settled[i]) bus.give_back(std::move(messages[i]));
    }
};

/// Rows that a relay has locked.
template <class Event>
struct Carried {
    Books<Event>& books;
    std::vector<Sent<Event>> rows{};

    ~Carried() {
        for (auto& row : books.unsent)
            if (names(row)) row.in_flight = false;
    }
    bool names(const Sent<Event>& row) const {
        return std::ranges::any_of(rows, [&](const Sent<Event>& one) { return one.id == row.id; });
    }
    void mark() {
        std::erase_if(books.unsent, [this](const Sent<Event>& row) { return names(row); });
    }
};

}  // namespace

template <class Event>
void Life::route(platform::Uuid id, const Event& event) {
    if constexpr (std::is_constructible_v<order::SagaReply, Event>) shop_.saga.publish(id, event);
    if constexpr (std::is_constructible_v<inventory::StockMessage, Event>) shop_.stock.publish(id, event);
    if constexpr (std::is_constructible_v<payment::PaymentMessage, Event>) shop_.payment.publish(id, event);
    tell([&] { return "published: " + std::string{Event::type} + " of " + name_of(event.order_id); });
}

template <class Event>
awaitable<void> Life::relay(Books<Event>& books, Kind kind, std::size_t replica) {
    const Active busy(active(kind, replica));
    Carried<Event> carried{books};
    const auto most = 1 + random_.below(8);
    for (auto& row : books.unsent) {
        const bool passed = schedule_.bug == Bug::relay_watermark && row.id <= books.watermark;
        if (row.in_flight || passed || carried.rows.size() == most) continue;
        row.in_flight = true;
        carried.rows.push_back(row);
    }
    if (schedule_.bug == Bug::marked_before_sent) carried.mark();
    if (context_.interleaved) co_await context_.pause();
    const bool crash = faults_.happens(Fault::relay_crash);
    if (crash && schedule_.bug == Bug::marked_before_sent) throw Crash{};
    for (const auto& row : carried.rows)
        std::visit([&](const auto& event) { route(row.id, event); }, row.event);
    if (context_.interleaved) co_await context_.pause();
    // Confirmed, and gone before it was marked: everything goes out once more.
    if (crash) throw Crash{};
    for (const auto& row : carried.rows) books.watermark = std::max(books.watermark, row.id);
    carried.mark();
}

template <class Event, class Written>
awaitable<void> Life::consume(Bus<Event>& bus, Books<Written>& books, Kind kind, std::size_t replica,
                              messaging::Handler<Event> handler) {
    const Active busy(active(kind, replica));
    Taken<Event> taken{bus, bus.take(1 + random_.below(8))};
    std::vector<messaging::Delivery<Event>> deliveries;
    for (const auto& one : taken.messages) {
        deliveries.push_back({{one.id, one.event, {}}, one.redelivered});
        trace_.add(now_, "delivered", one.id.bytes[15] + 256u * one.id.bytes[14]);
    }
    faults_.coverage().deliveries += deliveries.size();
    if (schedule_.bug == Bug::acknowledged_first) taken.settled.assign(taken.settled.size(), true);
    const auto ports = std::make_shared<SimulatedDelivery<Written>>(books, context_);
    const auto verdicts =
        co_await messaging::deliver<Event>(std::move(deliveries), std::move(handler), ports, policy_);
    if (!ports->failed.empty()) complain("a message failed for good: " + ports->failed);
    if (context_.interleaved) co_await context_.pause();
    if (faults_.happens(Fault::crash_before_ack)) throw Crash{};
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        if (verdicts[i] == messaging::Verdict::rejected) bus.dead_letter(std::move(taken.messages[i]));
        if (verdicts[i] != messaging::Verdict::unfinished) taken.settled[i] = true;
    }
}

awaitable<void> Life::ask(std::size_t number) {
    auto& customer = shop_.customers[number];
    struct Asking {
        Customer& customer;
        const Time& now;
        ~Asking() {
            --customer.asking;
            customer.again_at = now + std::chrono::milliseconds{200 << std::min(customer.asked, 6)};
        }
    };
    ++customer.asking;
    const Asking asking{customer, now_};
    if (customer.asked++ > 0) context_.saw(Rare::order_placed_again);
    const auto placed =
        co_await order::place_order(order_ports_, {}, customer.basket, {customer.key, "hash"}, {});
    // The answer is on its way, and may never arrive.
    if (context_.interleaved) co_await context_.pause();
    if (!placed) co_return;
    if (customer.acknowledged && *customer.acknowledged != placed->id) complain("one key made two orders");
    customer.acknowledged = placed->id;
    tell([&] { return "acknowledged: " + name_of(placed->id) + " under " + customer.key; });
}

awaitable<void> Life::cancel(shop::OrderId id, std::size_t replica) {
    const Active busy(active(Kind::cancel, replica));
    const auto cancelled = co_await order::cancel_order(order_ports_, {}, id, {});
    if (!cancelled) context_.saw(Rare::cancel_came_too_late);
}

awaitable<void> Life::sweep(std::size_t replica) {
    const Active busy(active(Kind::sweep, replica));
    co_await order::sweep_deadlines(order_ports_, 10);
}

awaitable<void> Life::claim(std::size_t replica) {
    const Active busy(active(Kind::claim, replica));
    for (auto& one : co_await payment::claim(payment_ports_, 1 + random_.below(4)))
        claimed_.push_back({process(Service::payment, replica), std::move(one)});
}

std::unique_ptr<payment::Places> Life::SomeWorkers::reserve(std::size_t wanted) {
    struct Reserved final : payment::Places {
        Reserved(Life& l, std::size_t n) : life(l), places(n), process(l.engine_.current().process) {}
        std::size_t count() const override { return places; }
        void drive(std::vector<payment::Payment> leased) override {
            for (auto& one : leased) life.claimed_.push_back({process, std::move(one)});
        }
        Life& life;
        std::size_t places;
        int process;
    };
    return std::make_unique<Reserved>(life_, life_.random_.below(wanted + 1));
}

awaitable<void> Life::drive(payment::Payment payment) {
    tell([&] { return "a worker drives the payment of " + name_of(payment.order_id); });
    return payment::drive(payment_ports_, std::move(payment));
}

void Life::act(const Action& action) {
    trace_.add(now_, "step", static_cast<std::uint64_t>(action.kind) * 1'000 + action.index);
    const auto replica = action.index;
    const auto begin = [&](Service service, awaitable<void> work) {
        engine_.start(process(service, replica), std::move(work));
    };
    switch (action.kind) {
        case Kind::go_on: return engine_.go_on(*engine_.runners()[action.index]);
        case Kind::ask: {
            const bool twice = faults_.happens(Fault::key_sent_twice_at_once);
            for (int i = 0; i <= (twice ? 1 : 0); ++i)
                engine_.start(process(Service::order, random_.below(replicas_)), ask(action.index));
            return;
        }
        case Kind::cancel: {
            auto chosen = shop_.order_db.orders.begin();
            std::advance(chosen, static_cast<std::ptrdiff_t>(random_.below(shop_.order_db.orders.size())));
            tell([&] { return "the customer cancels " + name_of(chosen->first); });
            return begin(Service::order, cancel(chosen->first, replica));
        }
        case Kind::sweep: return begin(Service::order, sweep(replica));
        case Kind::claim: return begin(Service::payment, claim(replica));
        case Kind::relay_orders:
            return begin(Service::order, relay(shop_.order_db.books, action.kind, replica));
        case Kind::relay_stock:
            return begin(Service::inventory, relay(shop_.stock_db.books, action.kind, replica));
        case Kind::relay_payments:
            return begin(Service::payment, relay(shop_.payment_db.books, action.kind, replica));
        case Kind::deliver_saga:
            return begin(Service::order, consume<order::SagaReply>(shop_.saga, shop_.order_db.books,
                                                                   action.kind, replica, [this](auto batch) {
                                                                       return order::handle_replies(
                                                                           order_ports_, std::move(batch));
                                                                   }));
        case Kind::deliver_stock:
            return begin(Service::inventory,
                         consume<inventory::StockMessage>(
                             shop_.stock, shop_.stock_db.books, action.kind, replica, [this](auto batch) {
                                 return inventory::handle_orders(stock_ports_, std::move(batch));
                             }));
        case Kind::deliver_payments:
            return begin(Service::payment,
                         consume<payment::PaymentMessage>(
                             shop_.payment, shop_.payment_db.books, action.kind, replica, [this](auto batch) {
                                 return payment::handle_requests(payment_ports_, std::move(batch));
                             }));
        case Kind::late_call: return shop_.provider.act_on_late();
    }
}

}  // namespace simulation
