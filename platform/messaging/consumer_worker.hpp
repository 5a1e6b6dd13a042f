#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "platform/messaging/batch_flight.hpp"

namespace platform::messaging {

/// The consumer's thread: fetches, decodes, hands batches over and settles them. stop() and the destructor
/// come from other threads; everything else is the thread's own.
class Consumer::Worker {
  public:
    Worker(BrokerConfig broker, std::shared_ptr<BatchFlight::Shared> shared);
    /// Does not wait for a flight.
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    void start();
    /// `ended` is called once the thread has nothing more to do, on that thread or, if it never ran or has
    /// ended already, on this one.
    void stop(std::function<void()> ended);
    bool connected() const { return connected_; }

  private:
    using Moment = std::chrono::steady_clock::time_point;

    /// What the log and the metrics say of a message once it is settled.
    struct Label {
        std::string type;
        std::string id;
        std::string subject;
        std::string traceparent;
    };

    /// One batch: tags and labels of what was decoded, in the order of the verdicts.
    struct Batch {
        std::unique_ptr<DecodedBatch> decoded;
        std::vector<std::uint64_t> tags;
        std::vector<Label> labels;
    };

    void run();
    void session(Connection& connection);
    void fetch(Connection& connection);
    void linger(Connection& connection);
    Batch take_batch(Connection& connection);
    void reject_undecodable(Connection& connection, const Incoming& delivery, const Undecodable& why);
    void handle(Connection& connection);
    bool wait_until_landed(Connection& connection, BatchFlight& flight);
    void settle_batch(Connection& connection, const Batch& batch, const std::vector<Verdict>& verdicts);
    void begin_drain(Connection& connection);
    /// One line of the log.
    void tell(const Label& label, Verdict verdict) const;
    bool drain_over() const;
    void ended();

    const BrokerConfig broker_;
    const std::shared_ptr<BatchFlight::Shared> shared_;
    std::atomic<bool> connected_ = false;
    std::atomic<bool> stopping_ = false;
    std::atomic<bool> abandoned_ = false;

    std::deque<Incoming> fetched_;  // At most the prefetch, since the broker sends no more.
    std::optional<Moment> drain_until_;

    std::mutex mutex_;
    bool running_ = false;
    std::vector<std::function<void()>> waiting_for_end_;
    std::thread thread_;
};

}  // namespace platform::messaging
