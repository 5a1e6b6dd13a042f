#include "platform/messaging/consumer.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "platform/messaging/consumer_worker.hpp"

namespace platform::messaging {

Consumer::Consumer(boost::asio::io_context& io, BrokerConfig broker, ConsumerConfig config,
                   ConsumerHandlers handlers, telemetry::Metrics& metrics)
    : worker_(std::make_unique<Worker>(std::move(broker), std::make_shared<BatchFlight::Shared>(
                                                              io, config, std::move(handlers), metrics))) {}

Consumer::~Consumer() = default;

void Consumer::start() { worker_->start(); }

awaitable<void> Consumer::stop() {
    auto wait = [this](auto waiting) {
        auto executor = boost::asio::prefer(boost::asio::get_associated_executor(waiting),
                                            boost::asio::execution::outstanding_work.tracked);
        auto shared = std::make_shared<decltype(waiting)>(std::move(waiting));
        worker_->stop([shared, executor] { boost::asio::post(executor, [shared] { (*shared)(); }); });
    };
    co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(
        std::move(wait), boost::asio::use_awaitable);
}

bool Consumer::connected() const { return worker_->connected(); }

}  // namespace platform::messaging
