#include "platform/messaging/publish_window.hpp"

#include <algorithm>
#include <utility>

#include "platform/base/ensure.hpp"

namespace platform::messaging {

PublishJob::PublishJob(std::vector<Envelope> to_send, Moment until, Complete complete)
    : messages(std::move(to_send)),
      deadline(until),
      outcomes_(messages.size(), PublishOutcome::stopped),
      open_(messages.size()),
      complete_(std::move(complete)) {
    ensure(open_ > 0, "a publish job has messages");
}

void PublishJob::settle(std::size_t index, PublishOutcome outcome) {
    ensure(open_ > 0, "a message is settled once");
    outcomes_[index] = outcome;
    if (--open_ == 0) std::exchange(complete_, nullptr)(std::move(outcomes_));
}

void PublishJob::settle_unsent(PublishOutcome outcome) {
    while (!all_sent()) settle(unsent++, outcome);
}

void PublishWindow::sent(std::shared_ptr<PublishJob> job, std::size_t index, Uuid id) {
    next_deadline_ = std::min(next_deadline_, job->deadline);
    slots_.push_back({std::move(job), index, id});
    ++open_;
}

void PublishWindow::returned(Uuid id) { ++returned_[id]; }

std::size_t PublishWindow::confirmed(std::uint64_t tag, bool multiple) {
    return settle(tag, multiple, PublishOutcome::confirmed);
}

std::size_t PublishWindow::refused(std::uint64_t tag, bool multiple) {
    return settle(tag, multiple, PublishOutcome::refused);
}

std::size_t PublishWindow::settle(std::uint64_t tag, bool multiple, PublishOutcome outcome) {
    if (tag < first_tag_ || tag - first_tag_ >= slots_.size()) return 0;
    const std::size_t before = open_;
    const std::size_t last = tag - first_tag_;
    for (std::size_t i = multiple ? 0 : last; i <= last; ++i) settle_slot(slots_[i], outcome);
    while (!slots_.empty() && !slots_.front().job) slots_.pop_front(), ++first_tag_;
    if (open_ == 0) next_deadline_ = Moment::max(), returned_.clear();
    return before - open_;
}

void PublishWindow::settle_slot(Slot& slot, PublishOutcome outcome) {
    if (!slot.job) return;
    if (const auto found = returned_.find(slot.id); found != returned_.end()) {
        outcome = PublishOutcome::returned;
        if (--found->second == 0) returned_.erase(found);
    }
    --open_;
    const std::shared_ptr<PublishJob> job = std::move(slot.job);
    job->settle(slot.index, outcome);
}

void PublishWindow::fail_all(Moment now) {
    for (Slot& slot : slots_)
        if (slot.job)
            settle_slot(slot,
                        slot.job->deadline <= now ? PublishOutcome::timed_out : PublishOutcome::disconnected);
    *this = PublishWindow();
}

void PublishWindow::fail_all(PublishOutcome outcome) {
    for (Slot& slot : slots_) settle_slot(slot, outcome);
    *this = PublishWindow();
}

bool PublishWindow::expired(Moment now) {
    if (now < next_deadline_) return false;
    next_deadline_ = Moment::max();
    for (const Slot& slot : slots_)
        if (slot.job) next_deadline_ = std::min(next_deadline_, slot.job->deadline);
    return next_deadline_ <= now;
}

}  // namespace platform::messaging
