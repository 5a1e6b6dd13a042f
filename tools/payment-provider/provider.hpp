#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "platform/base/clock.hpp"
#include "platform/base/ids.hpp"
#include "tools/payment-provider/effect.hpp"
#include "tools/payment-provider/faults.hpp"
#include "tools/payment-provider/form.hpp"
#include "tools/payment-provider/objects.hpp"
#include "tools/payment-provider/rules.hpp"

namespace shop::provider {

struct ProviderSettings {
    std::chrono::milliseconds processing{2'000};         // How long a payment stays in "processing".
    std::chrono::milliseconds key_lifetime{86'400'000};  // After that a key means a new request.
};

struct Call {
    CallKind kind = CallKind::create;
    std::string id{};  // Of the payment intent or refund that the path names.
    Form form{};
    std::string idempotency_key{};  // Empty: none was sent.
};

enum class Delivery { at_once, slow, never };

struct Reply {
    int status = 200;
    std::string body{};
    bool replayed = false;
    Delivery delivery = Delivery::at_once;
    Fault fault = Fault::none;
    bool holds_key = false;  // A repetition is a concurrent one until answered() is called.
    /// To be in the log before the answer is on its way.
    std::vector<Effect> effects{};
};

/// The payment provider without its network and its disk: a state machine over calls. The state is what its
/// effects make it, so replaying them gives the same state and the same answers under the same keys. For one
/// thread.
class Provider {
  public:
    Provider(const platform::Clock& clock, platform::Ids& ids, ProviderSettings settings);

    Reply call(const Call& call);

    /// The slow answer to this key has been given (or cannot be any more): a repetition is no longer a
    /// concurrent one.
    void answered(const std::string& idempotency_key);

    /// Charges what has been "processing" for long enough. The effects go to the log.
    std::vector<Effect> settle();

    /// One effect of an earlier process, in the order of the log. Throws std::runtime_error when it does not
    /// follow from those before it.
    void replay(const Effect& effect);

    void set_faults(FaultPlan plan) { faults_ = std::move(plan); }
    const FaultPlan& faults() const { return faults_; }

    std::size_t intents() const { return intents_.size(); }
    std::int64_t last_sequence() const { return last_sequence_; }

  private:
    /// What a call was answered with, small enough to keep for every key for a day.
    struct Answer {
        int status = 200;
        const Intent* intent = nullptr;
        const Refund* refund = nullptr;
        Phase phase{};
        std::shared_ptr<const Error> error{};
    };
    struct Key {
        std::uint64_t fingerprint = 0;
        platform::Time since{};
        bool in_progress = false;
        Answer answer{};
    };

    Reply keyed(const Call& call, Fault fault);
    Reply execute(const Call& call, std::uint64_t fingerprint, Fault fault);
    Verdict decide(const Call& call);
    Reply read(const Call& call) const;
    void move(Intent& target, const Effect& effect);
    Answer apply(const Effect& effect);
    Answer answer_of(const Effect& effect) const;
    Effect stamped(Effect effect);
    std::string new_suffix();
    const Intent* intent(const std::string& id) const;
    static std::string render(const Answer& answer);

    const platform::Clock& clock_;
    platform::Ids& ids_;
    const ProviderSettings settings_;
    FaultPlan faults_;
    std::int64_t last_sequence_ = 0;
    // The maps never erase, and their elements stay where they are: answers point at them.
    std::unordered_map<std::string, Intent> intents_;
    std::unordered_map<std::string, Refund> refunds_;
    std::unordered_map<std::string, Key> keys_;
    std::deque<std::pair<platform::Time, std::string>> processing_;
};

}  // namespace shop::provider
