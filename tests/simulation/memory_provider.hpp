#pragma once

#include <map>
#include <string>
#include <vector>

#include "services/payment-service/app/application/ports.hpp"
#include "tests/simulation/memory.hpp"

namespace simulation {

/// The payment provider: idempotency keys that it forgets after a day, a payment that is created and then
/// confirmed, refunds of what was charged. It keeps its own books, which the check at the end compares with
/// ours.
class MemoryProvider final : public shop::payment::Provider {
  public:
    struct Intent {
        shop::OrderId order_id;
        shop::Money amount;
        enum class Status : std::uint8_t { open, charged, declined, cancelled } status = Status::open;
        std::int64_t refunded = 0;
    };

    explicit MemoryProvider(Context& context) : context_(context) {}

    awaitable<shop::payment::Answer> make(shop::payment::Call call) override;

    /// Requests that were cut off on our side and arrive all the same.
    std::optional<Time> next_late() const;
    void act_on_late();

    const std::map<std::string, Intent>& intents() const { return intents_; }

  private:
    using Answer = shop::payment::Answer;
    struct Late {
        Time at;
        shop::payment::Call call;
    };
    struct Remembered {
        Answer answer;
        Time since;
    };

    Answer once(const shop::payment::Call& call);
    Answer act(const shop::payment::Create& call);
    Answer act(const shop::payment::Confirm& call);
    Answer act(const shop::payment::Read& call);
    Answer act(const shop::payment::Cancel& call);
    Answer act(const shop::payment::Refund& call);
    static Answer state_of(const Intent& intent);

    Context& context_;
    std::map<std::string, Intent> intents_;
    std::map<std::string, Remembered> answers_;
    std::vector<Late> late_;
    int calls_ = 0;
};

}  // namespace simulation
