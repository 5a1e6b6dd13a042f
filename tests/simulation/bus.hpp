#pragma once

#include <algorithm>
#include <vector>

#include "platform/base/time.hpp"
#include "platform/base/uuid.hpp"
#include "tests/simulation/faults.hpp"

namespace simulation {

/// One queue of a broker that never loses what it confirmed, and promises nothing else: copies, late
/// arrivals, any order.
template <class Event>
class Bus {
  public:
    struct Message {
        platform::Uuid id;
        Event event;
        platform::Time ready_at;
        bool redelivered = false;
    };

    Bus(Random& random, Faults& faults) : random_(random), faults_(faults) {}

    void publish(platform::Uuid id, Event event, platform::Time now) {
        const int copies = faults_.happens(faults_.rates.duplicate, "message duplicated") ? 2 : 1;
        for (int i = 0; i < copies; ++i) {
            auto ready_at = now;
            if (faults_.happens(faults_.rates.delay, "message delayed"))
                // A heavy tail: most are a little late, some come long after every deadline.
                ready_at += std::chrono::milliseconds{random_.below(random_.chance(0.2) ? 120'000 : 2'000)};
            messages_.push_back({id, event, ready_at});
        }
    }

    /// Some of the messages that are ready, in any order.
    std::vector<Message> take(platform::Time now) {
        std::vector<Message> batch;
        const auto most = 1 + random_.below(6);
        for (std::size_t tries = messages_.size(); tries > 0 && batch.size() < most; --tries) {
            const auto at = random_.below(messages_.size());
            if (messages_[at].ready_at > now) continue;
            std::swap(messages_[at], messages_.back());
            batch.push_back(std::move(messages_.back()));
            messages_.pop_back();
            if (messages_.empty()) break;
        }
        return batch;
    }

    /// The consumer went away without an answer.
    void give_back(std::vector<Message> batch) {
        for (auto& message : batch) {
            message.redelivered = true;
            messages_.push_back(std::move(message));
        }
    }

    bool empty() const { return messages_.empty(); }

  private:
    Random& random_;
    Faults& faults_;
    std::vector<Message> messages_;
};

}  // namespace simulation
