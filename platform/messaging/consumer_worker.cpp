#include "platform/messaging/consumer_worker.hpp"

#include <algorithm>

#include "platform/base/crash_point.hpp"
#include "platform/base/ensure.hpp"
#include "platform/messaging/cloud_event.hpp"
#include "platform/telemetry/log.hpp"
#include "platform/telemetry/trace.hpp"

namespace platform::messaging {

namespace {

using namespace std::chrono_literals;

/// The longest that the thread sleeps: heartbeats are served when it wakes.
constexpr std::chrono::milliseconds slice = 250ms;

BrokerConfig checked(BrokerConfig broker) {
    static_cast<void>(BrokerUrl::parse(broker.url));
    return broker;
}

std::expected<void, Undecodable> decode(DecodedBatch& batch, const Incoming& delivery) {
    try {
        const auto envelope = envelope_of(delivery.content);
        if (!envelope) return std::unexpected(Undecodable{"malformed", envelope.error()});
        return batch.add(*envelope, delivery.redelivered);
    } catch (const std::exception& e) {
        return std::unexpected(Undecodable{"malformed", e.what()});
    }
}

std::string_view outcome_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::done: return "handled";
        case Verdict::rejected: return "rejected";
        case Verdict::unfinished: return "comes again";
    }
    return "";
}

}  // namespace

Consumer::Worker::Worker(BrokerConfig broker, std::shared_ptr<BatchFlight::Shared> shared)
    : broker_(checked(std::move(broker))), shared_(std::move(shared)) {
    const ConsumerConfig& config = shared_->config;
    ensure(config.batch_max > 0 && config.prefetch >= config.batch_max && config.prefetch <= 65535,
           "a consumer's prefetch covers a batch and fits AMQP");
    ensure(shared_->handlers.begin_attempt && shared_->handlers.forgive_attempt,
           "a consumer can count attempts");
}

Consumer::Worker::~Worker() {
    abandoned_ = true;
    stop([] {});
    if (thread_.joinable()) thread_.join();
}

void Consumer::Worker::start() {
    const std::lock_guard lock(mutex_);
    ensure(!thread_.joinable(), "a consumer is started once");
    running_ = true;
    thread_ = std::thread([this] { run(); });
}

void Consumer::Worker::stop(std::function<void()> ended) {
    stopping_ = true;
    shared_->bell.ring();
    {
        const std::lock_guard lock(mutex_);
        if (running_) {
            waiting_for_end_.push_back(std::move(ended));
            return;
        }
    }
    ended();
}

void Consumer::Worker::run() {
    const std::string& queue = shared_->handlers.binding.queue;
    for (int failures = 0; !stopping_;) {
        try {
            Connection connection(broker_, queue);
            declare(connection, {shared_->handlers.binding});
            connection.consume(queue, static_cast<std::uint16_t>(shared_->config.prefetch));
            failures = 0;
            connected_ = true;
            shared_->probe.connected.set(1);
            session(connection);
            connection.close();
        } catch (const BrokerError& e) {
            telemetry::log_warn("consumer lost the broker", {{"queue", queue}, {"error", e.what()}});
        } catch (const TopologyMismatch& e) {
            telemetry::log_error("consumer cannot declare its queue",
                                 {{"queue", queue}, {"error", e.what()}});
        }
        connected_ = false;
        shared_->probe.connected.set(0);
        fetched_.clear();
        const auto delay = backoff_delay(failures++, broker_.backoff_min, broker_.backoff_max);
        const Moment retry = std::chrono::steady_clock::now() + delay;
        while (!stopping_ && std::chrono::steady_clock::now() < retry)
            wait_for(shared_->bell, nullptr, false, delay);
    }
    ended();
}

void Consumer::Worker::ended() {
    std::vector<std::function<void()>> waiting;
    {
        const std::lock_guard lock(mutex_);
        running_ = false;
        waiting.swap(waiting_for_end_);
    }
    for (const auto& tell : waiting) tell();
}

void Consumer::Worker::session(Connection& connection) {
    for (;;) {
        if (stopping_) begin_drain(connection);
        fetch(connection);
        if (fetched_.empty() ? stopping_.load() : drain_over()) return;
        if (fetched_.empty()) {
            wait_for(shared_->bell, &connection, false, slice);
            continue;
        }
        linger(connection);
        handle(connection);
    }
}

void Consumer::Worker::fetch(Connection& connection) {
    while (auto incoming = connection.receive()) {
        if (incoming->kind != Incoming::Kind::delivery)
            throw BrokerError("broker: a confirm or return to a consumer");
        if (incoming->redelivered) shared_->probe.redelivered.add();
        fetched_.push_back(std::move(*incoming));
    }
}

void Consumer::Worker::linger(Connection& connection) {
    const Moment until = std::chrono::steady_clock::now() + shared_->config.linger;
    while (!stopping_ && fetched_.size() < shared_->config.batch_max) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        if (left <= 0ms) return;
        wait_for(shared_->bell, &connection, false, left);
        fetch(connection);
    }
}

void Consumer::Worker::handle(Connection& connection) {
    Batch batch = take_batch(connection);
    if (batch.tags.empty()) return;
    shared_->probe.batch_size.observe(static_cast<double>(batch.tags.size()));
    const auto flight = std::make_shared<BatchFlight>(shared_);
    flight->start(std::move(batch.decoded));
    if (!wait_until_landed(connection, *flight)) return;
    if (!flight->verdicts()) throw BrokerError("the batch is left to be handed out again");
    settle_batch(connection, batch, *flight->verdicts());
}

Consumer::Worker::Batch Consumer::Worker::take_batch(Connection& connection) {
    Batch batch{shared_->handlers.new_batch(), {}, {}};
    while (!fetched_.empty() && batch.tags.size() < shared_->config.batch_max) {
        Incoming delivery = std::move(fetched_.front());
        fetched_.pop_front();
        if (const auto added = decode(*batch.decoded, delivery)) {
            batch.tags.push_back(delivery.tag);
            batch.labels.push_back({std::move(delivery.content.type), std::move(delivery.content.message_id),
                                    std::string(delivery.content.header("cloudEvents_subject")),
                                    std::string(delivery.content.header("cloudEvents_traceparent"))});
        } else {
            reject_undecodable(connection, delivery, added.error());
        }
    }
    return batch;
}

void Consumer::Worker::reject_undecodable(Connection& connection, const Incoming& delivery,
                                          const Undecodable& why) {
    shared_->probe.rejected(why.reason);
    const auto trace = telemetry::Trace::parse(delivery.content.header("cloudEvents_traceparent"));
    telemetry::log_error("a message is rejected",
                         {{"queue", shared_->handlers.binding.queue},
                          {"message_id", delivery.content.message_id},
                          {"reason", why.reason},
                          {"error", why.detail}},
                         trace ? &*trace : nullptr);
    connection.reject(delivery.tag);
}

/// Serves the connection meanwhile, which also fetches the next batch. Losing the connection ends retries,
/// but not the wait: what the handler does may still commit, and its copies must not run beside it. False if
/// the consumer is being destroyed.
bool Consumer::Worker::wait_until_landed(Connection& connection, BatchFlight& flight) {
    std::optional<BrokerError> lost;
    bool given_up = false;
    while (!flight.landed()) {
        if (abandoned_) return false;
        flight.watch(std::chrono::steady_clock::now());
        try {
            if (!lost && stopping_) begin_drain(connection);
            if (!lost) fetch(connection);
        } catch (const BrokerError& e) {
            lost = e;
            connected_ = false;
            shared_->probe.connected.set(0);
        }
        if ((lost || drain_over()) && !std::exchange(given_up, true)) flight.give_up();
        if (!flight.landed()) wait_for(shared_->bell, lost ? nullptr : &connection, false, slice);
    }
    if (lost) throw *lost;
    return true;
}

void Consumer::Worker::settle_batch(Connection& connection, const Batch& batch,
                                    const std::vector<Verdict>& verdicts) {
    CRASH_POINT(shared_->handlers.binding.queue, "after_commit_before_ack");
    const Settlement settlement = settle(batch.tags, verdicts);
    for (const std::uint64_t tag : settlement.reject) connection.reject(tag);
    if (settlement.acknowledge_up_to) connection.acknowledge(*settlement.acknowledge_up_to, true);
    for (const std::uint64_t tag : settlement.acknowledge) connection.acknowledge(tag, false);
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        if (verdicts[i] == Verdict::done) shared_->probe.handled(batch.labels[i].type);
        tell(batch.labels[i], verdicts[i]);
    }
}

void Consumer::Worker::begin_drain(Connection& connection) {
    if (drain_until_) return;
    drain_until_ = std::chrono::steady_clock::now() + shared_->config.drain;
    connection.cancel_consumer();
}

void Consumer::Worker::tell(const Label& label, Verdict verdict) const {
    const auto trace = telemetry::Trace::parse(label.traceparent);
    telemetry::log_info("message",
                        {{"queue", shared_->handlers.binding.queue},
                         {"type", label.type},
                         {"message_id", label.id},
                         {"subject", label.subject},
                         {"outcome", outcome_of(verdict)}},
                        trace ? &*trace : nullptr);
}

bool Consumer::Worker::drain_over() const {
    return drain_until_ && std::chrono::steady_clock::now() >= *drain_until_;
}

}  // namespace platform::messaging
