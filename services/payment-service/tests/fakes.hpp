#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "services/payment-service/app/application/work.hpp"

/// The ports in memory, without concurrency, and a provider that says what it is told to.
namespace shop::payment {

struct CountingIds : platform::Ids {
    platform::Uuid next() override {
        platform::Uuid id;
        id.bytes[14] = static_cast<std::uint8_t>(++last >> 8);
        id.bytes[15] = static_cast<std::uint8_t>(last);
        return id;
    }
    std::uint16_t last = 0;
};

struct MemoryPayments : PaymentStore {
    class Transaction : public PaymentTransaction {
      public:
        explicit Transaction(MemoryPayments& store) : store_{store} {}

        awaitable<LockedPayments> load(std::vector<PaymentRequest> messages) override {
            LockedPayments locked{.now = store_.now, .fresh = std::move(messages), .payments = {}};
            for (const auto& message : locked.fresh) {
                const auto id = std::visit([](const auto& event) { return event.order_id; }, message.event);
                locked.payments[id] = store_.payments.try_emplace(id, Payment{.order_id = id}).first->second;
            }
            co_return locked;
        }
        awaitable<LockedPayments> load_claimable(std::size_t limit) override {
            LockedPayments locked{.now = store_.now, .fresh = {}, .payments = {}};
            for (const auto& [id, one] : store_.payments)
                if (one.next_attempt && *one.next_attempt <= store_.now &&
                    (!one.leased_until || *one.leased_until < store_.now) && locked.payments.size() < limit)
                    locked.payments[id] = one;
            co_return locked;
        }
        awaitable<LockedPayments> load_these(std::vector<OrderId> ids) override {
            LockedPayments locked{.now = store_.now, .fresh = {}, .payments = {}};
            for (const auto& id : ids)
                if (store_.payments.contains(id)) locked.payments[id] = store_.payments[id];
            co_return locked;
        }
        awaitable<void> save(Changes changes) override {
            changes_ = std::move(changes);
            co_return;
        }
        awaitable<void> commit() override {
            ++store_.commits;
            for (auto& payment : changes_.payments) store_.payments[payment.order_id] = payment;
            for (auto& entry : changes_.ledger) store_.ledger.push_back(std::move(entry));
            for (auto& event : changes_.events) store_.told.push_back(std::move(event));
            co_return;
        }

      private:
        MemoryPayments& store_;
        Changes changes_;
    };

    awaitable<std::unique_ptr<PaymentTransaction>> begin() override {
        co_return std::make_unique<Transaction>(*this);
    }

    Time now{std::chrono::hours{12}};
    std::map<OrderId, Payment> payments;
    std::vector<LedgerEntry> ledger;
    std::vector<Changes::Event> told;
    int commits = 0;
};

/// Says the next of its answers to each call, whatever the call.
struct ScriptedProvider : Provider {
    awaitable<Answer> make(Call call) override {
        constexpr std::array<const char*, 5> names{"create", "confirm", "read", "refund", "cancel"};
        calls.push_back(names[call.index()]);
        if (meanwhile) meanwhile();
        Answer said = answers.empty() ? Answer{Unknown{"nothing to say"}} : answers.front();
        if (!answers.empty()) answers.pop_front();
        co_return said;
    }

    std::deque<Answer> answers;
    std::vector<std::string> calls;
    std::function<void()> meanwhile;
};

/// Has as many places as it is given, and keeps what it shall drive.
struct KeepingWorkforce : Workforce {
    struct Kept : Places {
        Kept(KeepingWorkforce& all, std::size_t places) : workforce{all}, number{places} {}
        std::size_t count() const override { return number; }
        void drive(std::vector<Payment> leased) override {
            for (auto& one : leased) workforce.driven.push_back(std::move(one));
        }
        KeepingWorkforce& workforce;
        std::size_t number;
    };
    std::unique_ptr<Places> reserve(std::size_t wanted) override {
        return std::make_unique<Kept>(*this, std::min(wanted, places));
    }
    std::size_t places = 0;
    std::vector<Payment> driven;
};

/// Records each report in a transaction of its own.
struct SingleRecorder : Recorder {
    explicit SingleRecorder(const Ports& all) : ports{all} {}
    awaitable<std::optional<Payment>> record(Report report) override {
        std::vector<Report> reports;
        reports.push_back(std::move(report));
        auto kept = co_await record_reports(ports, std::move(reports));
        co_return std::move(kept.front());
    }
    const Ports& ports;
};

}  // namespace shop::payment
