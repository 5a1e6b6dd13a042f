#include "platform/messaging/publisher.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "platform/messaging/publisher_worker.hpp"

namespace platform::messaging {

Publisher::Publisher(boost::asio::io_context& io, BrokerConfig broker, std::vector<Binding> declared,
                     std::set<std::string> mandatory_types, telemetry::Metrics& metrics,
                     PublisherConfig config)
    : io_(io),
      worker_(std::make_unique<Worker>(std::move(broker), std::move(declared), std::move(mandatory_types),
                                       metrics, config)) {}

Publisher::~Publisher() { stop_and_wait(); }

namespace {

using Outcomes = std::vector<PublishOutcome>;

/// Hands the outcomes to a waiting coroutine on its own executor, which is kept running until then.
template <class Waiting, class Executor>
PublishJob::Complete completion_of(Waiting waiting, const Executor& fallback) {
    auto executor = boost::asio::prefer(boost::asio::get_associated_executor(waiting, fallback),
                                        boost::asio::execution::outstanding_work.tracked);
    // std::function must be copyable and the waiting coroutine is not, hence the shared pointer.
    auto shared = std::make_shared<Waiting>(std::move(waiting));
    return [shared, executor](Outcomes outcomes) {
        boost::asio::post(executor, [shared, outcomes = std::move(outcomes)]() mutable {
            auto resume = std::move(*shared);
            resume(std::move(outcomes));
        });
    };
}

}  // namespace

awaitable<Outcomes> Publisher::publish(std::vector<Envelope> messages, std::chrono::milliseconds timeout) {
    if (messages.empty()) co_return Outcomes{};
    const Moment deadline = std::chrono::steady_clock::now() + timeout;
    auto start = [this, deadline](auto waiting, std::vector<Envelope> to_send) {
        worker_->accept(std::make_shared<PublishJob>(std::move(to_send), deadline,
                                                     completion_of(std::move(waiting), io_.get_executor())));
    };
    co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Outcomes)>(
        std::move(start), boost::asio::use_awaitable, std::move(messages));
}

void Publisher::stop_and_wait() { worker_->stop(); }

bool Publisher::connected() const { return worker_->connected(); }

std::string_view name_of(PublishOutcome outcome) {
    switch (outcome) {
        case PublishOutcome::confirmed: return "confirmed";
        case PublishOutcome::returned: return "returned";
        case PublishOutcome::refused: return "refused";
        case PublishOutcome::timed_out: return "timed_out";
        case PublishOutcome::disconnected: return "disconnected";
        case PublishOutcome::overloaded: return "overloaded";
        case PublishOutcome::stopped: return "stopped";
    }
    return "";
}

}  // namespace platform::messaging
