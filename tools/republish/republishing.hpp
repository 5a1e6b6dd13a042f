#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <optional>
#include <vector>

#include "platform/base/awaitable.hpp"
#include "platform/messaging/publisher.hpp"
#include "tools/republish/command_line.hpp"

namespace shop::republish {

/// Which event is published when: `times` copies of each of `count`. Without a seed one pass follows the
/// other; with one, copies of the same event may stand anywhere. The same seed gives the same order.
std::vector<std::size_t> publishing_order(std::size_t count, std::size_t times,
                                          std::optional<std::uint64_t> seed);

/// The retained events that the command selects, oldest first. Throws platform::Unavailable when a database
/// does not answer.
platform::awaitable<std::vector<platform::messaging::Envelope>> read_events(
    boost::asio::io_context& io, std::vector<Source> sources, Command command, platform::Time now,
    platform::telemetry::Metrics& metrics);

/// Publishes them as the command says; returns how many messages that were. Throws BrokerError, with the
/// number published so far, at the first message that the broker does not take over.
platform::awaitable<std::size_t> publish_events(platform::messaging::Publisher& publisher,
                                                std::vector<platform::messaging::Envelope> events,
                                                Command command);

}  // namespace shop::republish
