#include "platform/messaging/batch_flight.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdlib>

#include "platform/base/crash_point.hpp"
#include "platform/telemetry/log.hpp"

namespace platform::messaging {

namespace {

std::string text_of(std::exception_ptr failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {  // The edge of a background loop: the batch comes again, whatever this was.
        return "not a standard exception";
    }
}

/// Owns the batch while it is delivered.
awaitable<std::vector<Verdict>> fly(std::unique_ptr<DecodedBatch> batch, std::shared_ptr<DeliveryPorts> ports,
                                    DeliveryPolicy policy) {
    co_return co_await batch->deliver(std::move(ports), policy);
}

}  // namespace

BatchFlight::BatchFlight(std::shared_ptr<Shared> shared)
    : shared_(std::move(shared)), strand_(shared_->io.get_executor()), pause_(strand_) {}

void BatchFlight::start(std::unique_ptr<DecodedBatch> batch) {
    auto self = shared_from_this();
    // The cancellation slot may only be touched on the strand, so even the start happens there.
    boost::asio::post(strand_, [self, batch = std::move(batch)]() mutable {
        boost::asio::co_spawn(
            self->strand_, fly(std::move(batch), self, self->shared_->config.policy),
            boost::asio::bind_cancellation_slot(
                self->cancel_.slot(), [self](std::exception_ptr failure, std::vector<Verdict> verdicts) {
                    self->land(failure, std::move(verdicts));
                }));
    });
}

void BatchFlight::land(std::exception_ptr failure, std::vector<Verdict> verdicts) {
    if (failure)
        telemetry::log_error("a batch ended without a verdict and comes again",
                             {{"queue", shared_->handlers.binding.queue}, {"error", text_of(failure)}});
    else
        verdicts_ = std::move(verdicts);
    landed_ = true;
    shared_->bell.ring();
}

void BatchFlight::give_up() {
    boost::asio::post(strand_, [self = shared_from_this()] {
        self->given_up_ = true;
        self->pause_.cancel();
    });
}

void BatchFlight::watch(std::chrono::steady_clock::time_point now) {
    const Ticks began = call_began_;
    if (began == 0) return;
    const auto taken = now.time_since_epoch() - std::chrono::steady_clock::duration(began);
    if (taken < shared_->config.handle) return;
    if (taken >= 2 * shared_->config.handle) {
        // The frame cannot be ended, may hold rows and would take effect at any time: only an end is safe.
        telemetry::log_error("a cancelled handler did not end, so the process does",
                             {{"queue", shared_->handlers.binding.queue}});
        telemetry::flush_log();
        std::abort();
    }
    if (std::exchange(cancel_posted_, true)) return;
    shared_->probe.overdue.add();
    telemetry::log_error("a handler is past its deadline and is cancelled",
                         {{"queue", shared_->handlers.binding.queue}});
    boost::asio::post(strand_, [self = shared_from_this()] {
        self->cancel_.emit(boost::asio::cancellation_type::terminal);
    });
}

awaitable<int> BatchFlight::begin_attempt(Uuid id) {
    CRASH_POINT(shared_->handlers.binding.queue, "before_attempt");
    const int attempts = co_await shared_->handlers.begin_attempt(id);
    CRASH_POINT(shared_->handlers.binding.queue, "after_attempt");
    co_return attempts;
}

awaitable<void> BatchFlight::forgive_attempt(Uuid id) { return shared_->handlers.forgive_attempt(id); }

awaitable<bool> BatchFlight::pause(std::chrono::milliseconds delay) {
    if (given_up_) co_return false;
    pause_.expires_after(backoff_delay(0, delay, delay));
    boost::system::error_code cancelled;
    co_await pause_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
    co_return !given_up_;
}

void BatchFlight::call_began() { call_began_ = std::chrono::steady_clock::now().time_since_epoch().count(); }

void BatchFlight::call_ended() {
    const auto began = std::chrono::steady_clock::duration(call_began_.exchange(0));
    const auto taken = std::chrono::steady_clock::now().time_since_epoch() - began;
    shared_->probe.handle_seconds.observe(std::chrono::duration<double>(taken).count());
}

void BatchFlight::retried(std::string_view why) {
    shared_->probe.retries.add();
    telemetry::log_warn("handling is retried", {{"queue", shared_->handlers.binding.queue}, {"error", why}});
}

void BatchFlight::split(std::size_t messages, std::string_view why) {
    shared_->probe.splits.add();
    telemetry::log_warn("a batch failed and is handled one by one",
                        {{"queue", shared_->handlers.binding.queue}, {"messages", messages}, {"error", why}});
}

void BatchFlight::rejected(Uuid id, std::string_view reason, std::string_view why) {
    shared_->probe.rejected(reason);
    telemetry::log_error("a message is rejected", {{"queue", shared_->handlers.binding.queue},
                                                   {"message_id", id.text()},
                                                   {"reason", reason},
                                                   {"error", why}});
}

}  // namespace platform::messaging
