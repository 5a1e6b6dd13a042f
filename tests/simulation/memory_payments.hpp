#pragma once

#include "services/payment-service/app/application/work.hpp"
#include "tests/simulation/memory.hpp"

namespace simulation {

using platform::awaitable;
using platform::Time;

/// payment_db in memory.
struct PaymentDatabase {
    std::map<shop::OrderId, shop::payment::Payment> payments;
    std::vector<shop::payment::LedgerEntry> ledger;
    Books<shop::payment::PaymentEvent> books;
};

class MemoryPaymentTransaction final : public shop::payment::PaymentTransaction {
  public:
    MemoryPaymentTransaction(PaymentDatabase& database, const Time& now, Faults& faults)
        : database_(database), now_(now), faults_(faults) {}

    awaitable<shop::payment::LockedPayments> load(
        std::vector<shop::payment::PaymentRequest> messages) override {
        faults_.port_call();
        shop::payment::LockedPayments locked{.now = now_, .fresh = {}, .payments = {}};
        for (const auto& message : messages) {
            const auto id = std::visit([](const auto& event) { return event.order_id; }, message.event);
            const auto found = database_.payments.find(id);
            locked.payments.emplace(id, found != database_.payments.end()
                                            ? found->second
                                            : shop::payment::Payment{.order_id = id});
        }
        locked.fresh = keep_new(std::move(messages), database_.books.inbox, marks_, faults_);
        co_return locked;
    }
    awaitable<shop::payment::LockedPayments> load_claimable(std::size_t limit) override {
        faults_.port_call();
        shop::payment::LockedPayments locked{.now = now_, .fresh = {}, .payments = {}};
        for (const auto& [id, payment] : database_.payments) {
            const bool due = payment.next_attempt && *payment.next_attempt <= now_;
            const bool leased = payment.leased_until && *payment.leased_until >= now_;
            if (due && !leased && locked.payments.size() < limit) locked.payments.emplace(id, payment);
        }
        co_return locked;
    }
    awaitable<shop::payment::LockedPayments> load_these(std::vector<shop::OrderId> ids) override {
        faults_.port_call();
        shop::payment::LockedPayments locked{.now = now_, .fresh = {}, .payments = {}};
        for (const auto& id : ids) locked.payments.emplace(id, database_.payments.at(id));
        co_return locked;
    }
    awaitable<void> save(shop::payment::Changes changes) override {
        faults_.port_call();
        staged_ = std::move(changes);
        co_return;
    }
    awaitable<void> commit() override {
        simulation::commit(faults_, [this] { apply(); });
        co_return;
    }

  private:
    void apply() {
        database_.books.inbox.merge(marks_);
        for (auto& one : staged_.payments) {
            if (faults_.bug == Bug::late_charge_kept && one.status != shop::PaymentStatus::voided)
                one.void_requested = false;
            database_.payments[one.order_id] = one;
        }
        for (auto& entry : staged_.ledger) database_.ledger.push_back(std::move(entry));
        for (auto& out : staged_.events) database_.books.unsent.push_back({out.id, std::move(out.event)});
    }

    PaymentDatabase& database_;
    const Time& now_;
    Faults& faults_;
    std::set<platform::Uuid> marks_;
    shop::payment::Changes staged_;
};

class MemoryPayments final : public shop::payment::PaymentStore {
  public:
    MemoryPayments(PaymentDatabase& database, const Time& now, Faults& faults)
        : database_(database), now_(now), faults_(faults) {}
    awaitable<std::unique_ptr<shop::payment::PaymentTransaction>> begin() override {
        faults_.port_call();
        co_return std::make_unique<MemoryPaymentTransaction>(database_, now_, faults_);
    }

  private:
    PaymentDatabase& database_;
    const Time& now_;
    Faults& faults_;
};

/// Commits each report by itself, through the same use case that production commits groups with.
class MemoryRecorder final : public shop::payment::Recorder {
  public:
    explicit MemoryRecorder(const shop::payment::Ports& ports) : ports_(ports) {}
    awaitable<std::optional<shop::payment::Payment>> record(shop::payment::Report report) override {
        std::vector<shop::payment::Report> reports;
        reports.push_back(std::move(report));
        auto kept = co_await shop::payment::record_reports(ports_, std::move(reports));
        co_return std::move(kept.front());
    }

  private:
    const shop::payment::Ports& ports_;
};

}  // namespace simulation
