#include "platform/messaging/publisher_worker.hpp"

#include <algorithm>

#include "platform/messaging/cloud_event.hpp"
#include "platform/telemetry/log.hpp"

namespace platform::messaging {

namespace {

using namespace std::chrono_literals;

/// The longest that the thread sleeps: heartbeats are served when it wakes.
constexpr std::chrono::milliseconds slice = 500ms;
/// Messages written before the thread looks for confirms again.
constexpr int burst = 64;
/// A message that no queue wants makes us declare again, but not more often than this.
constexpr std::chrono::seconds redeclare_pause = 1s;

/// A URL that cannot be read is told to whoever starts the program, not to the log of a thread.
BrokerConfig checked(BrokerConfig broker) {
    static_cast<void>(BrokerUrl::parse(broker.url));
    return broker;
}

telemetry::Counter& published(telemetry::Metrics& metrics, PublishOutcome outcome) {
    return metrics.counter("messages_published_total", "Messages that the broker has answered for.",
                           {{"outcome", std::string(name_of(outcome))}});
}

}  // namespace

Publisher::Worker::Worker(BrokerConfig broker, std::vector<Binding> declared,
                          std::set<std::string> mandatory_types, telemetry::Metrics& metrics,
                          PublisherConfig config)
    : broker_(checked(std::move(broker))),
      declared_(std::move(declared)),
      mandatory_types_(std::move(mandatory_types)),
      config_(config),
      connected_gauge_(metrics.gauge("publisher_connected", "1 while the publisher can publish.")),
      blocked_gauge_(metrics.gauge("publisher_blocked", "1 while the broker says that it takes nothing.")),
      confirmed_(published(metrics, PublishOutcome::confirmed)),
      returned_(published(metrics, PublishOutcome::returned)),
      refused_(published(metrics, PublishOutcome::refused)),
      reconnects_(metrics.counter("publisher_connects_total", "Connections that the publisher has opened.")),
      thread_([this] { run(); }) {}

Publisher::Worker::~Worker() { stop(); }

void Publisher::Worker::accept(std::shared_ptr<PublishJob> job) {
    auto refusal = PublishOutcome::overloaded;
    {
        const std::lock_guard lock(mutex_);
        if (stopping_)
            refusal = PublishOutcome::stopped;
        else if (!connected_)
            refusal = PublishOutcome::disconnected;
        else if (queued_ + job->messages.size() <= config_.queue_max) {
            queued_ += job->messages.size();
            accepted_.push_back(std::move(job));
        }
    }
    if (job)
        job->settle_unsent(refusal);
    else
        bell_.ring();
}

void Publisher::Worker::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    bell_.ring();
    std::call_once(joined_, [this] { thread_.join(); });
}

void Publisher::Worker::run() {
    for (int failures = 0; !stopping_;) {
        std::string why;
        try {
            Connection connection(broker_, "publisher");
            declare(connection, declared_);
            connection.select_confirms();
            last_declared_ = std::chrono::steady_clock::now();
            failures = 0;
            reconnects_.add();
            set_connected(true);
            session(connection);
            connection.close();
        } catch (const BrokerError& e) {
            telemetry::log_warn("publisher lost the broker", {{"error", e.what()}});
        } catch (const TopologyMismatch& e) {
            telemetry::log_error("publisher cannot declare its queues", {{"error", e.what()}});
        }
        set_connected(false);
        fail_everything(std::nullopt);
        const auto delay = backoff_delay(failures++, broker_.backoff_min, broker_.backoff_max);
        const Moment retry = std::chrono::steady_clock::now() + delay;
        while (!stopping_ && std::chrono::steady_clock::now() < retry)
            wait_for(bell_, nullptr, false, std::chrono::duration_cast<std::chrono::milliseconds>(delay));
    }
    fail_everything(PublishOutcome::stopped);
}

void Publisher::Worker::session(Connection& connection) {
    while (!stopping_) {
        take_accepted();
        const bool sent = send_some(connection);
        const bool received = receive_some(connection);
        blocked_gauge_.set(connection.blocked() ? 1 : 0);
        redeclare_after_return(connection);
        const Moment now = std::chrono::steady_clock::now();
        drop_expired_jobs(now);
        if (window_.expired(now)) throw BrokerError("broker: no confirm in time");
        const bool waiting_to_send = !sending_.empty() && window_.open() < config_.window_max;
        if (!sent && !received) wait_for(bell_, &connection, waiting_to_send, patience());
    }
    fail_everything(PublishOutcome::stopped);
}

void Publisher::Worker::set_connected(bool connected) {
    connected_gauge_.set(connected ? 1 : 0);
    const std::lock_guard lock(mutex_);
    connected_ = connected;
}

void Publisher::Worker::take_accepted() {
    const std::lock_guard lock(mutex_);
    std::ranges::move(accepted_, std::back_inserter(sending_));
    accepted_.clear();
}

bool Publisher::Worker::send_some(Connection& connection) {
    if (sending_.empty()) return false;
    std::size_t sent = 0;
    const Connection::Burst together(connection);
    while (sent < burst && !sending_.empty() && window_.open() < config_.window_max &&
           connection.writable()) {
        const std::shared_ptr<PublishJob> job = sending_.front();
        const std::size_t index = job->unsent++;
        Envelope& message = job->messages[index];
        const Uuid id = message.id;
        const bool mandatory = mandatory_types_.contains(message.type);
        // In the window before it is written: if writing fails halfway, the broker may have it all the same.
        window_.sent(job, index, id);
        if (job->all_sent()) sending_.pop_front();
        const Content content = content_of(std::move(message));
        connection.publish(events_exchange, content.type, mandatory, content);
        ++sent;
    }
    if (sent == 0) return false;
    const std::lock_guard lock(mutex_);
    queued_ -= sent;
    return true;
}

bool Publisher::Worker::receive_some(Connection& connection) {
    bool received = false;
    while (const auto incoming = connection.receive()) {
        received = true;
        switch (incoming->kind) {
            case Incoming::Kind::confirmed:
                confirmed_.add(static_cast<double>(window_.confirmed(incoming->tag, incoming->multiple)));
                break;
            case Incoming::Kind::refused:
                refused_.add(static_cast<double>(window_.refused(incoming->tag, incoming->multiple)));
                break;
            case Incoming::Kind::returned:
                returned_.add();
                something_returned_ = true;
                if (const auto id = Uuid::parse(incoming->content.message_id)) window_.returned(*id);
                break;
            case Incoming::Kind::delivery: throw BrokerError("broker: a delivery to a publisher");
        }
    }
    return received;
}

/// Messages that never left because the window was full; those in the window are expired() below.
void Publisher::Worker::drop_expired_jobs(Moment now) {
    std::size_t dropped = 0;
    std::erase_if(sending_, [&](const std::shared_ptr<PublishJob>& job) {
        if (job->deadline > now) return false;
        dropped += job->messages.size() - job->unsent;
        job->settle_unsent(PublishOutcome::timed_out);
        return true;
    });
    if (dropped == 0) return;
    const std::lock_guard lock(mutex_);
    queued_ -= dropped;
}

void Publisher::Worker::redeclare_after_return(Connection& connection) {
    const Moment now = std::chrono::steady_clock::now();
    if (!something_returned_ || now - last_declared_ < redeclare_pause) return;
    something_returned_ = false;
    last_declared_ = now;
    telemetry::log_warn("a message found no queue, declaring the queues again");
    declare(connection, declared_);
}

std::chrono::milliseconds Publisher::Worker::patience() const {
    Moment next = window_.next_deadline();
    for (const auto& job : sending_) next = std::min(next, job->deadline);
    const Moment now = std::chrono::steady_clock::now();
    if (next - now > slice) return slice;
    return std::chrono::ceil<std::chrono::milliseconds>(std::max(next - now, Moment::duration::zero()));
}

void Publisher::Worker::fail_everything(std::optional<PublishOutcome> outcome) {
    take_accepted();
    {
        const std::lock_guard lock(mutex_);
        queued_ = 0;
    }
    if (outcome)
        window_.fail_all(*outcome);
    else
        window_.fail_all(std::chrono::steady_clock::now());
    for (const auto& job : std::exchange(sending_, {}))
        job->settle_unsent(outcome.value_or(PublishOutcome::disconnected));
}

}  // namespace platform::messaging
