#pragma once

#include "services/payment-service/app/application/work.hpp"
#include "tests/simulation/memory.hpp"

namespace simulation {

/// payment_db in memory.
struct PaymentDatabase {
    std::map<shop::OrderId, shop::payment::Payment> payments;
    std::vector<shop::payment::LedgerEntry> ledger;
    Books<shop::payment::PaymentEvent> books;
    LockTable locks;
};

class MemoryPaymentTransaction final : public shop::payment::PaymentTransaction, private MemoryTransaction {
  public:
    MemoryPaymentTransaction(PaymentDatabase& database, Context& context)
        : MemoryTransaction(context, database.locks), database_(database) {}

    awaitable<shop::payment::LockedPayments> load(
        std::vector<shop::payment::PaymentRequest> messages) override;
    awaitable<shop::payment::LockedPayments> load_claimable(std::size_t limit) override;
    awaitable<shop::payment::LockedPayments> load_these(std::vector<shop::OrderId> ids) override;
    awaitable<void> save(shop::payment::Changes changes) override;
    awaitable<void> commit() override {
        return commit_with([this] { apply(); });
    }

  private:
    shop::payment::LockedPayments nothing_locked() const {
        return {.now = context_.now, .fresh = {}, .payments = {}};
    }
    void look(const shop::payment::Payment& before, const shop::payment::Payment& after);
    void apply();

    PaymentDatabase& database_;
    std::vector<platform::Uuid> marks_;
    shop::payment::Changes staged_;
};

class MemoryPayments final : public shop::payment::PaymentStore {
  public:
    MemoryPayments(PaymentDatabase& database, Context& context) : database_(database), context_(context) {}
    awaitable<std::unique_ptr<shop::payment::PaymentTransaction>> begin() override {
        context_.port_call();
        co_return std::make_unique<MemoryPaymentTransaction>(database_, context_);
    }

  private:
    PaymentDatabase& database_;
    Context& context_;
};

/// Commits each report by itself, through the same use case that production commits groups with.
class MemoryRecorder final : public shop::payment::Recorder {
  public:
    MemoryRecorder(const shop::payment::Ports& ports, PaymentDatabase& database, Context& context)
        : ports_(ports), database_(database), context_(context) {}
    awaitable<std::optional<shop::payment::Payment>> record(shop::payment::Report report) override;

  private:
    const shop::payment::Ports& ports_;
    PaymentDatabase& database_;
    Context& context_;
};

}  // namespace simulation
