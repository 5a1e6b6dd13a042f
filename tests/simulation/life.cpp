#include "tests/simulation/life.hpp"

namespace simulation {

using namespace std::chrono_literals;
namespace order = shop::order;
namespace inventory = shop::inventory;
namespace payment = shop::payment;

namespace {

/// Once nothing goes wrong any more, an order that is not final after this never will be.
constexpr auto patience = 15min;

order::SagaTiming draw_timing(Random& random) {
    if (random.chance(0.5)) return {};
    const auto some = [&](int least, int most) {
        return std::chrono::milliseconds{least +
                                         static_cast<int>(random.below(static_cast<std::size_t>(most)))};
    };
    return {.reserve_stock_within = some(500, 10'000),
            .take_payment_within = some(13'000, 10'000),
            .undo_again_after = some(200, 5'000),
            .undo_again_after_max = 60s};
}

}  // namespace

Life::Life(Engine& engine, const Schedule& schedule, Coverage& coverage, bool with_story)
    : engine_(engine),
      schedule_(schedule),
      trace_(with_story),
      random_(schedule.seed),
      faults_(random_.next(), schedule.without, coverage),
      context_{engine, faults_, random_, now_, schedule.bug, schedule.interleaved},
      shop_(context_),
      saga_(order::order_saga(draw_timing(random_))) {
    payment_ports_.recorder = &recorder_;
    payment_ports_.policy.lease = 12s;
    replicas_ = schedule.interleaved ? 2 + random_.below(2) : 1 + random_.below(replicas_max);
    policy_.attempts_max = 1 + static_cast<int>(random_.below(3));
    admission_.limit = 2 + random_.below(12);
    for (const auto* sku : {"A", "B", "C"})
        shop_.stock_db.stock[{sku}] = {static_cast<std::int64_t>(1 + random_.below(50)), 0};
    shop_.stock_at_start = shop_.stock_db.stock;
    Random shopping(random_.next());
    for (int number = 0; number < schedule.orders; ++number) {
        Customer customer{.basket = {{}, "street", "pm"}, .key = "key-" + std::to_string(number)};
        for (std::size_t i = 0, lines = 1 + shopping.below(3); i < lines; ++i)
            customer.basket.lines.push_back({{std::string(1, static_cast<char>('A' + shopping.below(3)))},
                                             static_cast<std::int64_t>(1 + shopping.below(3))});
        customer.again_at = now_ + std::chrono::milliseconds{shopping.below(3'000)};
        shop_.customers.push_back(std::move(customer));
    }
}

int Life::process(Service service, std::size_t replica) const {
    return static_cast<int>(static_cast<std::size_t>(service) * replicas_max + replica);
}

bool Life::order_overdue() const {
    return std::ranges::any_of(shop_.order_db.orders, [this](const auto& entry) {
        return entry.second.saga.deadline && *entry.second.saga.deadline <= now_;
    });
}

bool Life::payment_due() const {
    return std::ranges::any_of(shop_.payment_db.payments, [this](const auto& entry) {
        const auto& one = entry.second;
        return one.next_attempt && *one.next_attempt <= now_ &&
               !(one.leased_until && *one.leased_until >= now_);
    });
}

void Life::offer(Kind kind, bool something_to_do) {
    if (!something_to_do) return;
    const auto replica = random_.below(replicas_);

    if (!active(kind, replica)) possible_.push_back({kind, replica});
}

void Life::offer_runners() {
    if (engine_.busy() == 0) return;
    const auto& runners = engine_.runners();
    for (std::size_t i = 0; i < runners.size(); ++i) {
        const auto& runner = *runners[i];
        if (!runner.busy || runner.not_before > now_) continue;
        if (runner.waits_for != nullptr && now_ - runner.waits_since < 2s) continue;
        possible_.push_back({Kind::go_on, i});
    }
}

void Life::gather() {
    possible_.clear();
    offer_runners();
    const auto& customers = shop_.customers;
    for (std::size_t i = 0; i < customers.size(); ++i)
        if (!customers[i].acknowledged && customers[i].asking == 0 && customers[i].again_at <= now_)
            possible_.push_back({Kind::ask, i});
    offer(Kind::sweep, order_overdue());
    offer(Kind::claim, payment_due());
    const auto waiting = [](const auto& books) {
        return std::ranges::any_of(books.unsent, [](const auto& row) { return !row.in_flight; });
    };
    offer(Kind::relay_orders, waiting(shop_.order_db.books));
    offer(Kind::relay_stock, waiting(shop_.stock_db.books));
    offer(Kind::relay_payments, waiting(shop_.payment_db.books));
    offer(Kind::deliver_saga, shop_.saga.ready());
    offer(Kind::deliver_stock, shop_.stock.ready());
    offer(Kind::deliver_payments, shop_.payment.ready());
    if (const auto late = shop_.provider.next_late(); late && *late <= now_)
        possible_.push_back({Kind::late_call});
    if (!shop_.order_db.orders.empty() && faults_.happens(Fault::customer_cancels))
        possible_.push_back({Kind::cancel, random_.below(replicas_)});
}

/// What is due already waits for a process that is stopped or busy; only what is to come counts.
std::optional<Time> Life::next_time() const {
    std::optional<Time> next;
    const auto consider = [&](std::optional<Time> at) {
        if (at && *at > now_ && (!next || *at < *next)) next = at;
    };
    consider(shop_.provider.next_late());
    for (const auto& customer : shop_.customers)
        if (!customer.acknowledged && customer.asking == 0) consider(customer.again_at);
    for (const auto& [id, one] : shop_.order_db.orders) consider(one.saga.deadline);
    for (const auto& [id, one] : shop_.payment_db.payments) {
        if (one.next_attempt) consider(one.next_attempt);
        if (one.leased_until) consider(*one.leased_until + 1us);
    }
    shop_.saga.each_time(consider);
    shop_.stock.each_time(consider);
    shop_.payment.each_time(consider);
    for (const auto& runner : engine_.runners()) {
        if (!runner->busy) continue;
        consider(runner->not_before);
        if (runner->waits_for != nullptr) consider(runner->waits_since + 2s);
    }
    return next;
}

void Life::leap() {
    const auto next = next_time();
    if (next) now_ = *next;
    if (!next && calm_since_ && !at_rest())
        complain("nobody has anything to do, and something is not done: " + unrest());
}

void Life::let_time_pass() {
    // Mostly milliseconds, sometimes long enough for a deadline or a lease.
    const bool stormy = !calm_since_;
    const auto most = stormy && random_.chance(0.004) ? 30'000 : stormy && random_.chance(0.05) ? 1'000 : 20;
    now_ += std::chrono::milliseconds{random_.below(static_cast<std::size_t>(most))};
    if (now_ - pruned_at_ > 1h) {
        pruned_at_ = now_;
        prune(shop_.order_db.books, now_);
        prune(shop_.stock_db.books, now_);
        prune(shop_.payment_db.books, now_);
    }
}

void Life::step() {
    ++faults_.coverage().steps;
    gather();
    if (possible_.empty()) return leap();
    act(possible_[random_.below(possible_.size())]);
    after();
    let_time_pass();
}

/// What follows from a step: workers for what was claimed, the end of every activity of a crashed process.
void Life::after() {
    for (auto& one : std::exchange(claimed_, {})) engine_.start(one.process, drive(std::move(one.payment)));
    for (const int crashed : engine_.take_crashed()) {
        tell([&] { return "process " + std::to_string(crashed) + " crashes"; });
        engine_.kill(crashed);
    }
    engine_.take_crashed();
    if (auto failure = engine_.take_failure(); !failure.empty()) complain(std::move(failure));
    check_always(shop_);
    if (calm_since_) requeue_dead_letters();
    if (calm_since_ && now_ > *calm_since_ + patience &&
        std::ranges::any_of(shop_.order_db.orders,
                            [](const auto& entry) { return entry.second.saga.deadline.has_value(); }))
        complain("an order is not final long after everything was well");
}

/// Somebody looks at the dead letters, finds nothing wrong with them and hands them back.
void Life::requeue_dead_letters() {
    shop_.saga.requeue_dead();
    shop_.stock.requeue_dead();
    shop_.payment.requeue_dead();
}

void Life::calm_down() {
    faults_.cease();
    calm_since_ = now_;
    requeue_dead_letters();
    tell([] { return std::string{"-- from here on nothing goes wrong any more"}; });
}

bool Life::at_rest() const {
    const auto& shop = shop_;
    const auto final = [](const auto& entry) { return !entry.second.saga.deadline; };
    const auto settled = [](const auto& entry) { return !entry.second.next_attempt; };
    const auto served = [](const Customer& customer) { return customer.acknowledged.has_value(); };
    return engine_.busy() == 0 && std::ranges::all_of(shop.customers, served) &&
           shop.order_db.books.unsent.empty() && shop.stock_db.books.unsent.empty() &&
           shop.payment_db.books.unsent.empty() && shop.saga.empty() && shop.stock.empty() &&
           shop.payment.empty() && !shop.provider.next_late() &&
           std::ranges::all_of(shop.order_db.orders, final) &&
           std::ranges::all_of(shop.payment_db.payments, settled);
}

std::string Life::unrest() const {
    const auto count = [](const auto& entries, const auto& holds) {
        return std::to_string(std::ranges::count_if(entries, holds));
    };
    const auto& shop = shop_;
    return count(shop.customers, [](const Customer& one) { return !one.acknowledged; }) + " customers, " +
           count(shop.order_db.orders, [](const auto& one) { return one.second.saga.deadline.has_value(); }) +
           " orders, " +
           count(shop.payment_db.payments,
                 [](const auto& one) { return one.second.next_attempt.has_value(); }) +
           " payments, " +
           std::to_string(shop.order_db.books.unsent.size() + shop.stock_db.books.unsent.size() +
                          shop.payment_db.books.unsent.size()) +
           " events in outboxes, messages in " +
           std::to_string(!shop.saga.empty() + !shop.stock.empty() + !shop.payment.empty()) + " queues, " +
           std::to_string(engine_.busy()) + " activities";
}

/// Two runs of one seed must not only take the same steps, but decide the same and end in the same books.
void Life::add_final_state() {
    for (const auto& entry : shop_.order_db.history) {
        trace_.add(now_, entry.event, static_cast<std::uint64_t>(entry.version) * 2 + entry.changed);
        trace_.add(now_, entry.order_id.text(), static_cast<std::uint64_t>(entry.to));
    }
    for (const auto& [id, one] : shop_.order_db.orders)
        trace_.add(now_, id.text(), static_cast<std::uint64_t>(one.saga.status));
    for (const auto& [id, one] : shop_.stock_db.reservations)
        trace_.add(now_, id.text(), static_cast<std::uint64_t>(one.status));
    for (const auto& movement : shop_.stock_db.movements)
        trace_.add(now_, movement.sku.value, static_cast<std::uint64_t>(movement.delta));
    for (const auto& [id, one] : shop_.payment_db.payments)
        trace_.add(now_, id.text(), static_cast<std::uint64_t>(one.status));
    for (const auto& entry : shop_.payment_db.ledger) {
        trace_.add(now_, entry.order_id.text());
        trace_.add(now_, entry.account, static_cast<std::uint64_t>(entry.amount));
    }
    for (const auto& [id, intent] : shop_.provider.intents())
        trace_.add(
            now_, id,
            static_cast<std::uint64_t>(intent.refunded) * 8 + static_cast<std::uint64_t>(intent.status));
}

Outcome Life::end() {
    if (!shop_.complaint) shop_.complaint = check_at_rest(shop_);
    engine_.kill_all();
    for (const auto& [id, one] : shop_.order_db.orders) {
        const bool confirmed = one.saga.status == shop::OrderStatus::confirmed;
        context_.saw(confirmed ? Rare::order_confirmed : Rare::order_cancelled);
        if (one.cancel_reason == shop::CancelReason::timed_out) context_.saw(Rare::order_timed_out);
        if (one.cancel_reason == shop::CancelReason::customer_request)
            context_.saw(Rare::cancelled_by_customer);
        if (one.cancel_reason == shop::CancelReason::out_of_stock)
            context_.saw(Rare::order_refused_for_stock);
    }
    for (const auto& [sku, level] : shop_.stock_db.stock)
        trace_.add(now_, sku.value, static_cast<std::uint64_t>(level.on_hand));
    add_final_state();
    const auto hash = trace_.hash();
    return {std::move(shop_.complaint), hash, std::move(trace_).story()};
}

}  // namespace simulation
