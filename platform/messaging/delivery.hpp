#pragma once

#include <algorithm>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/awaitable.hpp"
#include "platform/base/errors.hpp"
#include "platform/messaging/message.hpp"

/// What happens to a batch of deliveries: when it is retried, when it is split, what is acknowledged. Knows
/// no broker and no clock, so a simulation runs the very rules that production runs.
namespace platform::messaging {

template <class Event>
struct Delivery {
    Message<Event> message;
    bool redelivered = false;  // The broker has handed it out before and saw no answer.
};

/// Handles a batch within one transaction. A normal return means that its effects are committed. Throws
/// Unavailable for what may pass by itself, anything else for what will not.
template <class Event>
using Handler = std::function<awaitable<void>(std::vector<Message<Event>>)>;

enum class Verdict : std::uint8_t {
    done,       // Acknowledge.
    rejected,   // To the dead-letter queue.
    unfinished  // Neither: we are stopping or lost the broker, which will hand it out again.
};

struct DeliveryPolicy {
    int attempts_max = 3;  // Attempts that were begun and never ended before a message counts as poison.
    std::chrono::milliseconds retry_min{100};
    std::chrono::milliseconds retry_max{5000};
};

/// What the rules need from outside, and what they report.
class DeliveryPorts {
  public:
    virtual ~DeliveryPorts() = default;

    /// Commits that an attempt at this message begins and returns how many have begun, this one included; 0
    /// if the message was handled already. It stands before the handler's transaction, so that an attempt
    /// which kills the process is remembered.
    virtual awaitable<int> begin_attempt(Uuid id) = 0;
    /// Takes back the last attempt, which ended in order without a result.
    virtual awaitable<void> forgive_attempt(Uuid id) = 0;
    /// Waits before a retry; false says to give up instead.
    virtual awaitable<bool> pause(std::chrono::milliseconds delay) = 0;

    /// Around every call of the handler and of the two above, so that someone can watch how long it takes.
    /// A call that dies with its frame never ends.
    virtual void call_began() {}
    virtual void call_ended() {}
    virtual void retried(std::string_view /*why*/) {}
    virtual void split(std::size_t /*messages*/, std::string_view /*why*/) {}
    virtual void rejected(Uuid /*id*/, std::string_view /*reason*/, std::string_view /*why*/) {}
};

/// What is said to the broker after a batch, in this order.
struct Settlement {
    std::vector<std::uint64_t> reject;
    std::vector<std::uint64_t> acknowledge;          // One by one.
    std::optional<std::uint64_t> acknowledge_up_to;  // Everything up to this tag that is still open.

    bool operator==(const Settlement&) const = default;
};

/// `tags` ascend, one verdict each, and every earlier tag has been settled. One multiple acknowledgement
/// covers the batch unless something in it stays unfinished. It never names a rejected tag: the broker would
/// look for it in vain and take everything outstanding for acknowledged.
Settlement settle(std::span<const std::uint64_t> tags, std::span<const Verdict> verdicts);

/// The delay before retry number `attempt` (from 0): doubled each time between the policy's bounds.
std::chrono::milliseconds retry_delay(const DeliveryPolicy& policy, int attempt);

/// One batch on its way through a handler; lives in the frame of deliver().
template <class Event>
class DeliveryRun {
  public:
    DeliveryRun(std::vector<Delivery<Event>> batch, Handler<Event> handler,
                std::shared_ptr<DeliveryPorts> ports, DeliveryPolicy policy)
        : batch_(std::move(batch)),
          handler_(std::move(handler)),
          ports_(std::move(ports)),
          policy_(policy),
          verdicts_(batch_.size(), Verdict::unfinished) {}

    /// Redelivered messages first: they are older, and each goes alone.
    awaitable<std::vector<Verdict>> run() {
        for (std::size_t i = 0; i < batch_.size() && !gave_up_; ++i)
            if (batch_[i].redelivered) co_await handle_again(i);
        if (!gave_up_) co_await handle_together();
        co_return std::move(verdicts_);
    }

  private:
    enum class Attempt : std::uint8_t { succeeded, failed, gave_up };

    awaitable<void> handle_together() {
        std::vector<std::size_t> fresh;
        for (std::size_t i = 0; i < batch_.size(); ++i)
            if (!batch_[i].redelivered) fresh.push_back(i);
        if (fresh.size() > 1) {
            switch (co_await attempt(fresh)) {
                case Attempt::gave_up: co_return;
                case Attempt::succeeded:
                    for (std::size_t i : fresh) verdicts_[i] = Verdict::done;
                    co_return;
                case Attempt::failed: ports_->split(fresh.size(), why_);
            }
        }
        for (std::size_t i : fresh) {
            co_await handle_alone(i);
            if (gave_up_) co_return;
        }
    }

    awaitable<void> handle_alone(std::size_t i) {
        switch (co_await attempt(std::vector<std::size_t>(1, i))) {
            case Attempt::gave_up: break;
            case Attempt::succeeded: verdicts_[i] = Verdict::done; break;
            case Attempt::failed: reject(i, "failed"); break;
        }
    }

    awaitable<void> handle_again(std::size_t i) {
        const Uuid id = batch_[i].message.id;
        const std::optional<int> attempts = co_await begin_attempt(id);
        if (!attempts) co_return;
        if (*attempts > policy_.attempts_max) {
            why_ = "earlier attempts never ended";
            reject(i, "attempts");
            co_return;
        }
        std::exception_ptr cancelled;
        try {
            co_await handle_alone(i);
        } catch (const std::exception&) {
            cancelled = std::current_exception();
        }
        // It took too long, but it ended: only an attempt that died with its process speaks for poison.
        if (cancelled) co_await boost::asio::this_coro::reset_cancellation_state();
        if ((cancelled || gave_up_) && *attempts > 0) co_await forgive(id);
        if (cancelled) std::rethrow_exception(cancelled);
    }

    /// Runs the handler on the chosen messages until it returns, fails for good or is given up.
    awaitable<Attempt> attempt(std::vector<std::size_t> chosen) {
        for (int retries = 0;; ++retries) {
            std::vector<Message<Event>> messages;
            messages.reserve(chosen.size());
            for (std::size_t i : chosen) messages.push_back(batch_[i].message);
            std::exception_ptr failure;
            bool transient = false;
            ports_->call_began();
            try {
                co_await handler_(std::move(messages));
            } catch (const Unavailable& e) {
                failure = std::current_exception(), transient = true, why_ = e.what();
            } catch (const std::exception& e) {
                failure = std::current_exception(), why_ = e.what();
            }
            ports_->call_ended();
            if (!failure) co_return Attempt::succeeded;
            co_await leave_if_cancelled(failure);
            if (!transient) co_return Attempt::failed;
            if (!co_await pause(retries)) co_return Attempt::gave_up;
        }
    }

    /// Trouble with our own books is not the message's fault, so it is waited out, whatever it is.
    awaitable<std::optional<int>> begin_attempt(Uuid id) {
        for (int retries = 0;; ++retries) {
            std::exception_ptr failure;
            int attempts = 0;
            ports_->call_began();
            try {
                attempts = co_await ports_->begin_attempt(id);
            } catch (const std::exception& e) {
                failure = std::current_exception(), why_ = e.what();
            }
            ports_->call_ended();
            if (!failure) co_return attempts;
            co_await leave_if_cancelled(failure);
            if (!co_await pause(retries)) co_return std::nullopt;
        }
    }

    /// A cancelled handler says nothing about its messages, so its error must not be taken for their fault.
    awaitable<void> leave_if_cancelled(std::exception_ptr failure) {
        const auto state = co_await boost::asio::this_coro::cancellation_state;
        if (state.cancelled() != boost::asio::cancellation_type::none) std::rethrow_exception(failure);
    }

    awaitable<bool> pause(int retries) {
        ports_->retried(why_);
        gave_up_ = !co_await ports_->pause(retry_delay(policy_, retries));
        co_return !gave_up_;
    }

    /// At best: with the database gone the attempt stays counted, which costs one of several.
    awaitable<void> forgive(Uuid id) {
        ports_->call_began();
        try {
            co_await ports_->forgive_attempt(id);
        } catch (const std::exception& e) {
            why_ = e.what();
        }
        ports_->call_ended();
    }

    void reject(std::size_t i, std::string_view reason) {
        verdicts_[i] = Verdict::rejected;
        ports_->rejected(batch_[i].message.id, reason, why_);
    }

    std::vector<Delivery<Event>> batch_;
    Handler<Event> handler_;
    std::shared_ptr<DeliveryPorts> ports_;
    DeliveryPolicy policy_;
    std::vector<Verdict> verdicts_;
    std::string why_;
    bool gave_up_ = false;
};

/// Takes a batch through `handler` and says what to tell the broker of each message:
/// - all fresh messages together; if that fails for good, one by one, and whichever fails again is rejected;
/// - each redelivered message alone, after its attempt was counted; rejected unheard above `attempts_max`;
/// - Unavailable repeats the same work after a pause, for as long as `ports` allows.
/// Cancelled, it ends with whatever the handler threw, and the attempt under way is taken back; then nothing
/// may be acknowledged. Anything thrown that is no std::exception passes through, as does a begin_attempt
/// that fails for good.
template <class Event>
awaitable<std::vector<Verdict>> deliver(std::vector<Delivery<Event>> batch, Handler<Event> handler,
                                        std::shared_ptr<DeliveryPorts> ports, DeliveryPolicy policy) {
    DeliveryRun<Event> run(std::move(batch), std::move(handler), std::move(ports), policy);
    co_return co_await run.run();
}

}  // namespace platform::messaging
