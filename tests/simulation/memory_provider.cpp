#include "tests/simulation/memory_provider.hpp"

namespace simulation {
namespace {

namespace payment = shop::payment;
using payment::Unknown;

constexpr std::chrono::hours key_retention{24};

std::string key_of(const payment::Call& call) {
    return std::visit(
        [](const auto& one) {
            if constexpr (requires { one.key; })
                return one.key;
            else
                return std::string{};
        },
        call);
}

}  // namespace

awaitable<payment::Answer> MemoryProvider::make(payment::Call call) {
    auto& faults = context_.faults;
    if (context_.interleaved) co_await context_.pause();
    if (faults.happens(Fault::crash_before_provider)) throw Crash{};
    if (faults.happens(Fault::provider_acts_late)) {
        late_.push_back({context_.now + std::chrono::milliseconds{context_.random.below(60'000)}, call});
        co_return Unknown{"timed out"};
    }
    auto answer = once(call);
    if (context_.interleaved) co_await context_.pause();
    if (faults.happens(Fault::provider_answer_lost)) {
        answer = Unknown{"lost"};
        const bool confirming = std::holds_alternative<payment::Confirm>(call);
        if (confirming && context_.bug == Bug::lost_answer_taken_for_decline)
            answer = payment::Declined{"no answer"};
        if (confirming && context_.bug == Bug::lost_answer_taken_for_charge) answer = payment::Charged{};
    }
    if (faults.happens(Fault::crash_after_provider)) throw Crash{};
    co_return answer;
}

std::optional<Time> MemoryProvider::next_late() const {
    std::optional<Time> first;
    for (const auto& late : late_)
        if (!first || late.at < *first) first = late.at;
    return first;
}

void MemoryProvider::act_on_late() {
    const auto due = std::ranges::partition(late_, [&](const Late& late) { return late.at > context_.now; });
    std::vector<Late> arrived(std::make_move_iterator(due.begin()), std::make_move_iterator(due.end()));
    late_.erase(due.begin(), due.end());
    for (const auto& late : arrived) once(late.call);
}

/// The same key gives the same answer, errors included.
payment::Answer MemoryProvider::once(const payment::Call& call) {
    auto key = key_of(call);
    const auto act_on = [&] { return std::visit([this](const auto& one) { return act(one); }, call); };
    if (key.empty()) return act_on();
    const bool key_per_call =
        context_.bug == Bug::charge_key_per_call ||
        (context_.bug == Bug::refund_key_per_call && std::holds_alternative<payment::Refund>(call));
    if (key_per_call) key += std::to_string(++calls_);
    const auto known = answers_.find(key);
    if (known != answers_.end() && known->second.since >= context_.now - key_retention) {
        context_.saw(Rare::provider_key_repeated);
        return known->second.answer;
    }
    auto answer =
        context_.faults.happens(Fault::provider_error_kept) ? payment::Answer{Unknown{"500"}} : act_on();
    answers_.insert_or_assign(std::move(key), Remembered{answer, context_.now});
    return answer;
}

payment::Answer MemoryProvider::act(const payment::Create& call) {
    const auto id = "pi_" + std::to_string(intents_.size());
    intents_[id] = {call.order_id, call.amount};
    return payment::Created{id};
}

payment::Answer MemoryProvider::act(const payment::Confirm& call) {
    auto& intent = intents_.at(call.provider_id);
    if (intent.status == Intent::Status::open)
        intent.status = context_.faults.happens(Fault::card_declined) ? Intent::Status::declined
                                                                      : Intent::Status::charged;
    return state_of(intent);
}

payment::Answer MemoryProvider::act(const payment::Read& call) {
    return state_of(intents_.at(call.provider_id));
}

payment::Answer MemoryProvider::act(const payment::Cancel& call) {
    auto& intent = intents_.at(call.provider_id);
    if (intent.status != Intent::Status::open) return Unknown{"not open"};
    intent.status = Intent::Status::cancelled;
    return payment::Cancelled{};
}

payment::Answer MemoryProvider::act(const payment::Refund& call) {
    auto& intent = intents_.at(call.provider_id);
    if (intent.status != Intent::Status::charged) return payment::RefundRefused{"not charged"};
    const bool capped = context_.bug != Bug::refund_key_per_call;
    if (capped && intent.refunded >= intent.amount.amount) return payment::Refunded{"already"};
    intent.refunded += call.amount.amount;
    return payment::Refunded{"re_" + call.provider_id};
}

payment::Answer MemoryProvider::state_of(const Intent& intent) {
    switch (intent.status) {
        case Intent::Status::charged:
            if (intent.refunded > 0) return payment::Refunded{"re"};
            return payment::Charged{};
        case Intent::Status::declined: return payment::Declined{"generic_decline"};
        case Intent::Status::cancelled: return payment::Cancelled{};
        case Intent::Status::open: return payment::NotCharged{};
    }
    return Unknown{};
}

}  // namespace simulation
