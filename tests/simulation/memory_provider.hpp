#pragma once

#include <map>
#include <string>

#include "services/payment-service/app/application/ports.hpp"
#include "tests/simulation/faults.hpp"

namespace simulation {

/// The payment provider: idempotency keys, a payment that is created and then confirmed, refunds of what was
/// charged. It keeps its own books, which the check at the end compares with ours.
class MemoryProvider final : public shop::payment::Provider {
  public:
    struct Intent {
        shop::OrderId order_id;
        shop::Money amount;
        enum class Status { open, charged, declined, cancelled } status = Status::open;
        std::int64_t refunded = 0;
    };

    explicit MemoryProvider(Faults& faults) : faults_(faults) {}

    platform::awaitable<shop::payment::Answer> make(shop::payment::Call call) override {
        if (faults_.happens(faults_.rates.crash, "crash before the provider")) throw Crash{};
        auto answer = std::visit([this](const auto& one) { return once(one); }, call);
        if (faults_.happens(faults_.rates.provider_lost, "provider's answer lost"))
            answer = shop::payment::Unknown{"lost"};
        if (faults_.happens(faults_.rates.crash, "crash after the provider")) throw Crash{};
        co_return answer;
    }

    const std::map<std::string, Intent>& intents() const { return intents_; }

  private:
    using Answer = shop::payment::Answer;

    /// The same key gives the same answer, errors included.
    template <class Keyed>
        requires requires(Keyed call) { call.key; }
    Answer once(const Keyed& call) {
        const auto key =
            faults_.bug == Bug::new_key_per_call ? call.key + std::to_string(++calls_) : call.key;
        if (const auto known = answers_.find(key); known != answers_.end()) {
            ++faults_.coverage["provider's key repeated"];
            return known->second;
        }
        auto answer = faults_.happens(faults_.rates.provider_error, "provider's error kept under its key")
                          ? Answer{shop::payment::Unknown{"500"}}
                          : act(call);
        return answers_.emplace(key, answer).first->second;
    }
    template <class Plain>
    Answer once(const Plain& call) {
        return act(call);
    }

    Answer act(const shop::payment::Create& call) {
        const auto id = "pi_" + std::to_string(intents_.size());
        intents_[id] = {call.order_id, call.amount};
        return shop::payment::Created{id};
    }
    Answer act(const shop::payment::Confirm& call) {
        auto& intent = intents_.at(call.provider_id);
        if (intent.status == Intent::Status::open)
            intent.status = faults_.happens(faults_.rates.declined, "card declined")
                                ? Intent::Status::declined
                                : Intent::Status::charged;
        return state_of(intent);
    }
    Answer act(const shop::payment::Read& call) { return state_of(intents_.at(call.provider_id)); }
    Answer act(const shop::payment::Cancel& call) {
        auto& intent = intents_.at(call.provider_id);
        if (intent.status != Intent::Status::open) return shop::payment::Unknown{"not open"};
        intent.status = Intent::Status::cancelled;
        return shop::payment::Cancelled{};
    }
    Answer act(const shop::payment::Refund& call) {
        auto& intent = intents_.at(call.provider_id);
        if (intent.refunded >= intent.amount.amount) return shop::payment::Refunded{"already"};
        intent.refunded += call.amount.amount;
        return shop::payment::Refunded{"re_" + call.provider_id};
    }

    static Answer state_of(const Intent& intent) {
        switch (intent.status) {
            case Intent::Status::charged:
                if (intent.refunded > 0) return shop::payment::Refunded{"re"};
                return shop::payment::Charged{};
            case Intent::Status::declined: return shop::payment::Declined{"generic_decline"};
            case Intent::Status::cancelled: return shop::payment::Cancelled{};
            case Intent::Status::open: return shop::payment::NotCharged{};
        }
        return shop::payment::Unknown{};
    }

    Faults& faults_;
    std::map<std::string, Intent> intents_;
    std::map<std::string, Answer> answers_;
    int calls_ = 0;
};

}  // namespace simulation
