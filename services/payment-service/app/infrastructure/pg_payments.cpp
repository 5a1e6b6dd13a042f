#include "services/payment-service/app/infrastructure/pg_payments.hpp"

#include <algorithm>

#include "platform/base/crash_point.hpp"
#include "platform/messaging/outbox.hpp"

namespace shop::payment {
namespace {

using platform::postgres::Statement;
using platform::postgres::Transaction;

template <class T>
using Array = std::vector<T>;

// A row that is not there cannot be locked: a request and its undo on two replicas would both find nothing.
// So the row is made first, and whoever makes it second waits here for the first.
const Statement<void(Array<OrderId>)> insert_fresh{"payment.insert_fresh", R"sql(
insert into payments (order_id, status)
select id, 'fresh' from unnest($1) as o(id) order by id on conflict do nothing)sql"};

struct PaymentRow {
    OrderId order_id;
    PaymentStatus status{};
    std::int64_t amount = 0;
    std::string currency;
    std::string method;
    Stage stage{};
    std::string provider_id;
    std::string decline_code;
    std::string refund_id;
    bool void_requested = false;
    std::int32_t confirm_rounds = 0;
    std::int32_t refund_round = 0;
    std::int32_t attempts = 0;
    std::optional<Time> next_attempt;
    std::optional<Uuid> lease;
    std::optional<Time> leased_until;
    std::string traceparent;
};
BOOST_DESCRIBE_STRUCT(PaymentRow, (),
                      (order_id, status, amount, currency, method, stage, provider_id, decline_code,
                       refund_id, void_requested, confirm_rounds, refund_round, attempts, next_attempt, lease,
                       leased_until, traceparent))

const Statement<Array<PaymentRow>(Array<OrderId>)> lock_payments{"payment.lock", R"sql(
select order_id, status, amount, currency, method, stage, provider_id, decline_code, refund_id,
    void_requested, confirm_rounds, refund_round, attempts, next_attempt, lease, leased_until, traceparent
from payments where order_id = any($1) order by order_id for update)sql"};

const Statement<Array<PaymentRow>(std::int64_t)> lock_claimable{"payment.lock_claimable", R"sql(
select order_id, status, amount, currency, method, stage, provider_id, decline_code, refund_id,
    void_requested, confirm_rounds, refund_round, attempts, next_attempt, lease, leased_until, traceparent
from payments where next_attempt <= now() and (leased_until is null or leased_until < now())
order by next_attempt limit $1 for update skip locked)sql"};

// Not now(): that is when the transaction began, and it may have waited for locks since.
const Statement<Time()> database_time{"payment.database_time", "select clock_timestamp()"};

const Statement<void(Array<OrderId>, Array<PaymentStatus>, Array<std::int64_t>, Array<std::string>,
                     Array<std::string>, Array<Stage>, Array<std::string>, Array<std::string>,
                     Array<std::string>, Array<bool>, Array<std::int32_t>, Array<std::int32_t>,
                     Array<std::int32_t>, Array<std::optional<Time>>, Array<std::optional<Uuid>>,
                     Array<std::optional<Time>>, Array<std::string>)>
    update_payments{"payment.update", R"sql(
update payments p set status = n.status, amount = n.amount, currency = n.currency, method = n.method,
    stage = n.stage, provider_id = n.provider_id, decline_code = n.decline_code, refund_id = n.refund_id,
    void_requested = n.void_requested, confirm_rounds = n.confirm_rounds, refund_round = n.refund_round,
    attempts = n.attempts, next_attempt = n.next_attempt, lease = n.lease, leased_until = n.leased_until,
    traceparent = n.traceparent, updated_at = now()
from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
    as n(order_id, status, amount, currency, method, stage, provider_id, decline_code, refund_id,
         void_requested, confirm_rounds, refund_round, attempts, next_attempt, lease, leased_until,
         traceparent)
where p.order_id = n.order_id)sql"};

const Statement<void(Array<Uuid>, Array<OrderId>, Array<std::string>, Array<std::int64_t>,
                     Array<std::string>)>
    insert_ledger{"payment.insert_ledger", R"sql(
insert into ledger (transaction_id, order_id, account, amount, currency)
select * from unnest($1, $2, $3, $4, $5))sql"};

Payment payment_of(PaymentRow row) {
    return {.order_id = row.order_id,
            .status = row.status,
            .amount = {row.amount, {std::move(row.currency)}},
            .method = std::move(row.method),
            .stage = row.stage,
            .provider_id = std::move(row.provider_id),
            .decline_code = std::move(row.decline_code),
            .refund_id = std::move(row.refund_id),
            .void_requested = row.void_requested,
            .confirm_rounds = row.confirm_rounds,
            .refund_round = row.refund_round,
            .attempts = row.attempts,
            .next_attempt = row.next_attempt,
            .lease = row.lease,
            .leased_until = row.leased_until,
            .traceparent = std::move(row.traceparent)};
}

void write_payments(Transaction& tx, const std::vector<Payment>& payments) {
    if (payments.empty()) return;
    Array<OrderId> ids;
    Array<PaymentStatus> statuses;
    Array<std::int64_t> amounts;
    Array<std::string> currencies, methods, provider_ids, decline_codes, refund_ids, traces;
    Array<Stage> stages;
    Array<bool> voids;
    Array<std::int32_t> confirm_rounds, refund_rounds, attempts;
    Array<std::optional<Time>> next_attempts, leased_until;
    Array<std::optional<Uuid>> leases;
    for (const auto& one : payments) {
        ids.push_back(one.order_id);
        statuses.push_back(one.status);
        amounts.push_back(one.amount.amount);
        currencies.push_back(one.amount.currency.value);
        methods.push_back(one.method);
        stages.push_back(one.stage);
        provider_ids.push_back(one.provider_id);
        decline_codes.push_back(one.decline_code);
        refund_ids.push_back(one.refund_id);
        voids.push_back(one.void_requested);
        confirm_rounds.push_back(one.confirm_rounds);
        refund_rounds.push_back(one.refund_round);
        attempts.push_back(one.attempts);
        next_attempts.push_back(one.next_attempt);
        leases.push_back(one.lease);
        leased_until.push_back(one.leased_until);
        traces.push_back(one.traceparent);
    }
    tx.send(update_payments, ids, statuses, amounts, currencies, methods, stages, provider_ids, decline_codes,
            refund_ids, voids, confirm_rounds, refund_rounds, attempts, next_attempts, leases, leased_until,
            traces);
}

void write_ledger(Transaction& tx, const std::vector<LedgerEntry>& entries) {
    if (entries.empty()) return;
    Array<Uuid> transactions;
    Array<OrderId> orders;
    Array<std::string> accounts, currencies;
    Array<std::int64_t> amounts;
    for (const auto& one : entries) {
        transactions.push_back(one.transaction);
        orders.push_back(one.order_id);
        accounts.push_back(one.account);
        amounts.push_back(one.amount);
        currencies.push_back(one.currency);
    }
    tx.send(insert_ledger, transactions, orders, accounts, amounts, currencies);
}

class PgPaymentTransaction final : public PaymentTransaction {
  public:
    PgPaymentTransaction(Transaction tx, const platform::messaging::Inbox& inbox, Committed committed)
        : tx_(std::move(tx)), inbox_(inbox), committed_(std::move(committed)) {}

    awaitable<LockedPayments> load(std::vector<PaymentRequest> messages) override {
        std::vector<OrderId> ids;
        for (const auto& message : messages)
            ids.push_back(std::visit([](const auto& event) { return event.order_id; }, message.event));
        std::ranges::sort(ids);
        ids.erase(std::ranges::unique(ids).begin(), ids.end());
        auto marked = inbox_.mark(tx_, platform::messaging::ids_of(messages));
        tx_.send(insert_fresh, ids);
        auto rows = tx_.send(lock_payments, ids);
        auto now = tx_.send(database_time);
        co_await tx_.flush();
        LockedPayments locked = locked_of(now.get(), rows.get());
        locked.fresh = inbox_.keep_new(std::move(messages), marked.get());
        co_return locked;
    }

    awaitable<LockedPayments> load_claimable(std::size_t limit) override {
        auto rows = tx_.send(lock_claimable, static_cast<std::int64_t>(limit));
        auto now = tx_.send(database_time);
        co_await tx_.flush();
        co_return locked_of(now.get(), rows.get());
    }

    awaitable<LockedPayments> load_these(std::vector<OrderId> ids) override {
        std::ranges::sort(ids);
        auto rows = tx_.send(lock_payments, ids);
        auto now = tx_.send(database_time);
        co_await tx_.flush();
        co_return locked_of(now.get(), rows.get());
    }

    awaitable<void> save(Changes changes) override {
        write_payments(tx_, changes.payments);
        CRASH_POINT("payment.save.between_state_and_ledger");
        write_ledger(tx_, changes.ledger);
        platform::messaging::write_events(tx_, changes.events);
        wrote_events_ |= !changes.events.empty();
        wrote_work_ |= std::ranges::any_of(changes.payments,
                                           [](const Payment& one) { return one.next_attempt && !one.lease; });
        co_return;  // Sent together with the commit.
    }

    awaitable<void> commit() override {
        co_await tx_.commit();
        if (wrote_events_) committed_.events();
        if (wrote_work_) committed_.work();
    }

  private:
    static LockedPayments locked_of(Time now, std::vector<PaymentRow> rows) {
        LockedPayments locked{.now = now, .fresh = {}, .payments = {}};
        for (auto& row : rows) {
            const auto id = row.order_id;
            locked.payments.emplace(id, payment_of(std::move(row)));
        }
        return locked;
    }

    Transaction tx_;
    const platform::messaging::Inbox& inbox_;
    Committed committed_;
    bool wrote_events_ = false;
    bool wrote_work_ = false;
};

}  // namespace

PgPayments::PgPayments(platform::postgres::Pool& pool, platform::messaging::Inbox& inbox, Committed committed)
    : pool_(pool), inbox_(inbox), committed_(std::move(committed)) {}

awaitable<std::unique_ptr<PaymentTransaction>> PgPayments::begin() {
    auto tx = co_await pool_.begin();
    co_return std::make_unique<PgPaymentTransaction>(std::move(tx), inbox_, committed_);
}

}  // namespace shop::payment
