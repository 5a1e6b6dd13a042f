#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "platform/messaging/connection.hpp"
#include "platform/messaging/publish_window.hpp"

namespace platform::messaging {

/// The publisher's thread. Jobs come in from any thread through accept(); everything else is the thread's
/// own.
class Publisher::Worker {
  public:
    Worker(BrokerConfig broker, std::vector<Binding> declared, std::set<std::string> mandatory_types,
           telemetry::Metrics& metrics, PublisherConfig config);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Settles the job at once if there is no connection or no room, else when its outcomes are known.
    void accept(std::shared_ptr<PublishJob> job);
    void stop();
    bool connected() const { return connected_; }

  private:
    void run();
    void session(Connection& connection);
    void set_connected(bool connected);
    void take_accepted();
    bool send_some(Connection& connection);
    bool receive_some(Connection& connection);
    void drop_expired_jobs(Moment now);
    void redeclare_after_return(Connection& connection);
    std::chrono::milliseconds patience() const;
    void fail_everything(std::optional<PublishOutcome> outcome);

    const BrokerConfig broker_;
    const std::vector<Binding> declared_;
    const std::set<std::string> mandatory_types_;
    const PublisherConfig config_;

    telemetry::Gauge& connected_gauge_;
    telemetry::Gauge& blocked_gauge_;
    telemetry::Counter& confirmed_;
    telemetry::Counter& returned_;
    telemetry::Counter& refused_;
    telemetry::Counter& reconnects_;

    Bell bell_;
    std::atomic<bool> connected_ = false;
    std::atomic<bool> stopping_ = false;
    std::mutex mutex_;
    std::deque<std::shared_ptr<PublishJob>> accepted_;  // Under the mutex, as is queued_.
    std::size_t queued_ = 0;                            // Messages accepted and not yet sent.

    std::deque<std::shared_ptr<PublishJob>> sending_;
    PublishWindow window_;
    bool something_returned_ = false;
    Moment last_declared_;
    std::once_flag joined_;
    std::thread thread_;  // Last, so that it sees everything above made.
};

}  // namespace platform::messaging
