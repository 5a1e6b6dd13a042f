#include "tools/republish/republishing.hpp"

#include <algorithm>
#include <iterator>
#include <random>
#include <utility>

#include "platform/messaging/relay.hpp"
#include "platform/postgres/pool.hpp"

namespace shop::republish {

namespace {

using platform::messaging::Envelope;
using platform::messaging::PublishOutcome;

constexpr std::size_t portion = 1'000;
constexpr std::chrono::seconds confirm{10};
/// For a page of a large outbox on a busy machine.
constexpr std::chrono::seconds statement{30};

}  // namespace

std::vector<std::size_t> publishing_order(std::size_t count, std::size_t times,
                                          std::optional<std::uint64_t> seed) {
    std::vector<std::size_t> order(count * times);
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i % count;
    if (!seed) return order;
    // Not std::shuffle: what it does with the dice differs between libraries.
    std::mt19937_64 dice(*seed);
    for (std::size_t left = order.size(); left > 1; --left) std::swap(order[left - 1], order[dice() % left]);
    return order;
}

platform::awaitable<std::vector<Envelope>> read_events(boost::asio::io_context& io,
                                                       std::vector<Source> sources, Command command,
                                                       platform::Time now,
                                                       platform::telemetry::Metrics& metrics) {
    std::vector<Envelope> events;
    for (const auto& source : sources) {
        if (command.service && *command.service != source.service) continue;
        platform::postgres::Pool pool(io,
                                      {.url = source.database_url,
                                       .application_name = "shop-republish",
                                       .name = source.service,
                                       .connections_max = 1,
                                       .statement_ms = statement},
                                      metrics);
        auto found = co_await platform::messaging::retained_events(
            pool, source.service + "-service",
            {command.from, command.to.value_or(now), command.subject, command.type});
        std::ranges::move(found, std::back_inserter(events));
    }
    std::ranges::sort(events, {}, [](const Envelope& event) { return std::pair(event.time, event.id); });
    co_return events;
}

platform::awaitable<std::size_t> publish_events(platform::messaging::Publisher& publisher,
                                                std::vector<Envelope> events, Command command) {
    if (events.empty()) co_return 0;
    const auto order =
        publishing_order(events.size(), static_cast<std::size_t>(command.times), command.shuffle);
    std::size_t published = 0;
    while (published < order.size()) {
        std::vector<Envelope> next;
        for (std::size_t i = published; i < std::min(published + portion, order.size()); ++i)
            next.push_back(events[order[i]]);
        for (const auto outcome : co_await publisher.publish(std::move(next), confirm)) {
            if (outcome != PublishOutcome::confirmed)
                throw platform::messaging::BrokerError("stopped after " + std::to_string(published) + " of " +
                                                       std::to_string(order.size()) +
                                                       " messages: " + std::string(name_of(outcome)));
            ++published;
        }
    }
    co_return published;
}

}  // namespace shop::republish
