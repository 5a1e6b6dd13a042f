#pragma once

#include "platform/messaging/delivery.hpp"
#include "services/inventory-service/app/application/handle_orders.hpp"
#include "services/order-service/app/application/handle_replies.hpp"
#include "services/order-service/app/application/place_order.hpp"
#include "services/payment-service/app/application/handle_requests.hpp"
#include "tests/simulation/shop.hpp"
#include "tests/simulation/trace.hpp"
#include "tests/simulation/world.hpp"

namespace simulation {

/// What happens in one world: which activity of which process takes the next step, and what time it is.
class Life {
  public:
    Life(Engine& engine, const Schedule& schedule, Coverage& coverage, bool with_story);

    /// One step of one activity, or a leap to when there is something to do.
    void step();
    /// From here on nothing goes wrong any more, and everything must come to its end.
    void calm_down();
    bool at_rest() const;
    /// What keeps the world from resting.
    std::string unrest() const;
    Outcome end();

    Random& random() { return random_; }
    void complain(std::string what) { shop_.complain(std::move(what)); }
    bool complaint() const { return shop_.complaint.has_value(); }

  private:
    enum class Kind : std::uint8_t {
        go_on,
        ask,
        cancel,
        sweep,
        claim,
        relay_orders,
        relay_stock,
        relay_payments,
        deliver_saga,
        deliver_stock,
        deliver_payments,
        late_call,
    };
    struct Action {
        Kind kind;
        std::size_t index = 0;  // Of the runner or customer, or the replica.
    };
    enum class Service : std::uint8_t { order, inventory, payment };
    static constexpr std::size_t replicas_max = 3;
    static constexpr std::size_t kinds = static_cast<std::size_t>(Kind::late_call) + 1;
    /// Held while an activity of its kind is under way on its replica: each replica has one of each.
    struct Active {
        bool& flag;
        explicit Active(bool& f) : flag(f) { flag = true; }
        ~Active() { flag = false; }
        Active(const Active&) = delete;
        Active& operator=(const Active&) = delete;
    };
    struct Claimed {
        int process;
        shop::payment::Payment payment;
    };
    /// Has a place for some of what it is asked for.
    class SomeWorkers final : public shop::payment::Workforce {
      public:
        explicit SomeWorkers(Life& life) : life_(life) {}
        std::unique_ptr<shop::payment::Places> reserve(std::size_t wanted) override;

      private:
        Life& life_;
    };

    // What may be done now, and when there will be something to do.
    void gather();
    void offer(Kind kind, bool something_to_do);
    void offer_runners();
    bool order_overdue() const;
    bool payment_due() const;
    std::optional<Time> next_time() const;
    void leap();
    void let_time_pass();

    void act(const Action& action);
    void after();
    void requeue_dead_letters();
    void add_final_state();
    int process(Service service, std::size_t replica) const;
    bool& active(Kind kind, std::size_t replica) { return active_[static_cast<std::size_t>(kind)][replica]; }

    awaitable<void> ask(std::size_t number);
    awaitable<void> cancel(shop::OrderId id, std::size_t replica);
    awaitable<void> sweep(std::size_t replica);
    awaitable<void> claim(std::size_t replica);
    awaitable<void> drive(shop::payment::Payment payment);
    template <class Event>
    awaitable<void> relay(Books<Event>& books, Kind kind, std::size_t replica);
    template <class Event, class Written>
    awaitable<void> consume(Bus<Event>& bus, Books<Written>& books, Kind kind, std::size_t replica,
                            platform::messaging::Handler<Event> handler);
    template <class Event>
    void route(platform::Uuid id, const Event& event);
    void tell(const auto& line) {
        if (trace_.with_story()) trace_.tell(now_, line());
    }

    Engine& engine_;
    Schedule schedule_;
    Trace trace_;
    Random random_;
    Faults faults_;
    Time now_{std::chrono::hours{1}};
    Context context_;
    Shop shop_;
    CountedIds ids_;
    VirtualClock clock_{now_};
    FixedPrices prices_;
    PendingOrders admission_{shop_.order_db, context_};
    MemoryOrders orders_{shop_.order_db, context_};
    MemoryStock stock_{shop_.stock_db, context_};
    MemoryPayments payments_{shop_.payment_db, context_};
    shop::order::SagaTable saga_;
    shop::order::Ports order_ports_{&orders_, &prices_, &admission_, &clock_, &ids_, &saga_};
    shop::inventory::Ports stock_ports_{&stock_, &ids_};
    SomeWorkers workforce_{*this};
    shop::payment::Ports payment_ports_{&payments_, &shop_.provider, nullptr, &ids_, {}, &workforce_};
    MemoryRecorder recorder_{payment_ports_, shop_.payment_db, context_};

    std::size_t replicas_ = 1;
    platform::messaging::DeliveryPolicy policy_;
    std::array<std::array<bool, replicas_max>, kinds> active_{};
    std::vector<Action> possible_;
    std::vector<Claimed> claimed_;
    std::optional<Time> calm_since_;
    Time pruned_at_{};
};

}  // namespace simulation
