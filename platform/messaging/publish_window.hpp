#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "platform/messaging/publisher.hpp"

/// The bookkeeping between sending messages and learning what became of them. Knows no broker.
namespace platform::messaging {

using Moment = std::chrono::steady_clock::time_point;

/// One call of publish(): completed once, when every message has its outcome.
class PublishJob {
  public:
    using Complete = std::function<void(std::vector<PublishOutcome>)>;

    PublishJob(std::vector<Envelope> messages, Moment deadline, Complete complete);

    std::vector<Envelope> messages;
    const Moment deadline;
    std::size_t unsent = 0;  // Index of the next message to send.

    bool all_sent() const { return unsent == messages.size(); }
    void settle(std::size_t index, PublishOutcome outcome);
    /// Gives every message that was not sent the same outcome.
    void settle_unsent(PublishOutcome outcome);

  private:
    std::vector<PublishOutcome> outcomes_;
    std::size_t open_;
    Complete complete_;
};

/// Messages sent on one connection and not yet confirmed. Tags count from 1 in the order of sent(), as the
/// broker counts them; confirms may come in any order.
class PublishWindow {
  public:
    void sent(std::shared_ptr<PublishJob> job, std::size_t index, Uuid id);
    /// The broker hands a mandatory message back; the confirm of this id that follows means nothing.
    void returned(Uuid id);
    /// Both return how many messages they settled. A tag that was never sent settles nothing.
    std::size_t confirmed(std::uint64_t tag, bool multiple);
    std::size_t refused(std::uint64_t tag, bool multiple);
    /// The connection is gone: those past their deadline have timed out, the others were disconnected.
    void fail_all(Moment now);
    void fail_all(PublishOutcome outcome);

    std::size_t open() const { return open_; }
    /// True if some message is past its deadline.
    bool expired(Moment now);
    /// Nothing expires before this moment.
    Moment next_deadline() const { return next_deadline_; }

  private:
    struct Slot {
        std::shared_ptr<PublishJob> job;  // Null once settled.
        std::size_t index;
        Uuid id;
    };

    std::size_t settle(std::uint64_t tag, bool multiple, PublishOutcome outcome);
    void settle_slot(Slot& slot, PublishOutcome outcome);

    std::deque<Slot> slots_;
    std::uint64_t first_tag_ = 1;  // Of slots_.front().
    std::size_t open_ = 0;
    std::unordered_map<Uuid, int> returned_;
    Moment next_deadline_ = Moment::max();
};

}  // namespace platform::messaging
