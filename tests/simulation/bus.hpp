#pragma once

#include <vector>

#include "platform/base/time.hpp"
#include "platform/base/uuid.hpp"
#include "tests/simulation/memory.hpp"

namespace simulation {

/// One queue of a broker that never loses what it confirmed, and promises nothing else: copies, late
/// arrivals, any order.
template <class Event>
class Bus {
  public:
    struct Message {
        platform::Uuid id;
        Event event;
        Time ready_at;
        bool redelivered = false;
    };

    explicit Bus(Context& context) : context_(context) {}

    void publish(platform::Uuid id, const Event& event) {
        auto& faults = context_.faults;
        int copies = 1;
        while (copies < 4 && faults.happens(Fault::message_duplicated)) ++copies;
        for (int i = 0; i < copies; ++i) messages_.push_back({id, event, context_.now + lateness()});
    }

    /// Some of the messages that are ready, in any order.
    std::vector<Message> take(std::size_t most) {
        std::vector<Message> batch;
        for (std::size_t tries = messages_.size(); tries > 0 && batch.size() < most; --tries) {
            const auto at = context_.random.below(messages_.size());
            if (messages_[at].ready_at > context_.now) continue;
            std::swap(messages_[at], messages_.back());
            batch.push_back(std::move(messages_.back()));
            messages_.pop_back();
            if (messages_.empty()) break;
        }
        return batch;
    }

    /// The consumer went away without an answer.
    void give_back(Message message) {
        message.redelivered = true;
        messages_.push_back(std::move(message));
    }
    void dead_letter(Message message) { dead_.push_back(std::move(message)); }
    void requeue_dead() {
        for (auto& message : dead_) {
            message.redelivered = false;
            messages_.push_back(std::move(message));
            context_.saw(Rare::dead_letter_requeued);
        }
        dead_.clear();
    }

    bool empty() const { return messages_.empty() && dead_.empty(); }
    bool ready() const {
        return std::ranges::any_of(messages_,
                                   [this](const Message& one) { return one.ready_at <= context_.now; });
    }
    /// Calls `look` with the time from which each message is ready.
    void each_time(const auto& look) const {
        for (const auto& message : messages_) look(message.ready_at);
    }

  private:
    /// A heavy tail: most are a little late, some come long after every deadline, a few when the inbox has
    /// forgotten them.
    std::chrono::milliseconds lateness() {
        auto& random = context_.random;
        if (context_.faults.happens(Fault::message_days_late))
            return std::chrono::hours{1} + std::chrono::milliseconds{random.below(2 * 24 * 3'600'000)};
        if (context_.faults.happens(Fault::message_delayed))
            return std::chrono::milliseconds{random.below(random.chance(0.2) ? 120'000 : 2'000)};
        return std::chrono::milliseconds{0};
    }

    Context& context_;
    std::vector<Message> messages_;
    std::vector<Message> dead_;
};

}  // namespace simulation
