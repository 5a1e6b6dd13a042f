#include "platform/messaging/relay.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "platform/messaging/relay_loop.hpp"

namespace platform::messaging {

Relay::Relay(boost::asio::io_context& io, postgres::Pool& pool, Publisher& publisher, RelayConfig config,
             telemetry::Metrics& metrics, std::string source)
    : loop_(std::make_shared<Loop>(io, pool, publisher, config, metrics, std::move(source))) {}

Relay::~Relay() { loop_->ask_to_stop(); }

void Relay::start() { loop_->start(); }

void Relay::wake() { loop_->wake(); }

awaitable<void> Relay::stop() { return Loop::stop(loop_); }

}  // namespace platform::messaging
