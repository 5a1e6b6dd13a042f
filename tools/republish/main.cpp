#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <set>
#include <string>
#include <vector>

#include "platform/telemetry/log.hpp"
#include "platform/telemetry/metrics.hpp"
#include "shared/app/subscriptions.hpp"
#include "tools/republish/republishing.hpp"

namespace {

using namespace shop::republish;
using platform::messaging::Publisher;

constexpr std::chrono::seconds connect_within{10};
constexpr std::chrono::milliseconds look_every{20};

int complain(const std::string& why, int code) {
    std::fputs(("republish: " + why + "\n").c_str(), stderr);
    return code;
}

/// A message of these that no queue takes is a failure, not a success.
std::set<std::string> subscribed_types() {
    std::set<std::string> types;
    for (const auto& one : shop::subscriptions) types.emplace(one.type);
    return types;
}

platform::awaitable<void> connected(boost::asio::io_context& io, const Publisher& publisher) {
    const auto deadline = std::chrono::steady_clock::now() + connect_within;
    while (!publisher.connected()) {
        if (std::chrono::steady_clock::now() > deadline)
            throw platform::messaging::BrokerError("the broker does not answer");
        boost::asio::steady_timer timer(io, look_every);
        co_await timer.async_wait(boost::asio::use_awaitable);
    }
}

platform::awaitable<void> run(boost::asio::io_context& io, const Sources& sources, const Command& command) {
    platform::telemetry::Metrics metrics;
    const auto now =
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    auto events = co_await read_events(io, sources.services, command, now, metrics);
    const auto found = events.size();
    Publisher publisher(io, {.url = sources.broker_url, .name = "shop-republish"}, {}, subscribed_types(),
                        metrics);
    co_await connected(io, publisher);
    const auto published = co_await publish_events(publisher, std::move(events), command);
    publisher.stop_and_wait();
    std::fputs(
        (std::to_string(found) + " events, " + std::to_string(published) + " messages published\n").c_str(),
        stdout);
}

}  // namespace

int main(int count, char** values) {
    const std::vector<std::string_view> arguments(values + 1, values + count);
    const auto command = read_command_line(arguments);
    if (!command) {
        const bool asked = command.error().empty();
        if (!asked) complain(command.error(), 2);
        std::fputs(std::string(usage).c_str(), asked ? stdout : stderr);
        return asked ? 0 : 2;
    }
    const auto sources = read_sources([](const char* name) { return std::getenv(name); });
    if (!sources) return complain(sources.error(), 2);
    // What goes wrong is said at the end; a broker that is away for a moment is no news.
    platform::telemetry::configure_log("shop-republish", platform::telemetry::Level::off);
    try {
        boost::asio::io_context io{1};
        std::exception_ptr failure;
        boost::asio::co_spawn(io, run(io, *sources, *command), [&](std::exception_ptr error) {
            failure = error;
            io.stop();
        });
        io.run();
        if (failure) std::rethrow_exception(failure);
        return 0;
    } catch (const std::exception& error) {
        return complain(error.what(), 1);
    }
}
