#include "tools/audit/read_broker.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>
#include <exception>
#include <stdexcept>

#include "platform/auth/base64url.hpp"
#include "platform/http/client.hpp"
#include "platform/http/target.hpp"
#include "platform/messaging/broker.hpp"

namespace shop::audit {

namespace {

namespace json = boost::json;
using platform::awaitable;
using platform::messaging::BrokerUrl;

constexpr std::chrono::seconds pause{1};

std::string basic(const std::string& user, const std::string& password) {
    auto text = platform::auth::base64url(user + ":" + password);
    std::ranges::replace(text, '-', '+');
    std::ranges::replace(text, '_', '/');
    text.append((4 - text.size() % 4) % 4, '=');
    return "Basic " + text;
}

/// A figure that the broker has not counted yet is absent.
std::optional<std::vector<Queue>> queues_of(const std::string& body) {
    std::vector<Queue> queues;
    bool counted = true;
    const auto read = json::parse(body);
    for (const auto& one : read.as_array()) {
        const auto& object = one.as_object();
        const auto* messages = object.if_contains("messages");
        const auto* unacknowledged = object.if_contains("messages_unacknowledged");
        counted = counted && messages && unacknowledged;
        if (counted)
            queues.push_back({std::string(object.at("name").as_string()), messages->as_int64(),
                              unacknowledged->as_int64()});
    }
    return counted ? std::optional(std::move(queues)) : std::nullopt;
}

bool at_rest(const std::vector<Queue>& queues) {
    return std::ranges::all_of(
        queues, [](const Queue& queue) { return queue.messages == 0 || queue.name.ends_with(".dead"); });
}

awaitable<std::vector<Queue>> ask(platform::http::Client& client, BrokerUrl url,
                                  std::chrono::seconds patience) {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    const auto until = std::chrono::steady_clock::now() + patience;
    for (;;) {
        const auto answer =
            co_await client.send({.target = "/api/queues/" + platform::http::percent_encode(url.vhost) +
                                            "?columns=name,messages,messages_unacknowledged",
                                  .headers = {{"Authorization", basic(url.user, url.password)}}});
        if (answer.status != 200)
            throw std::runtime_error("the broker's management answers " + std::to_string(answer.status));
        auto queues = queues_of(answer.body);
        const bool last = std::chrono::steady_clock::now() >= until;
        if (queues && (last || at_rest(*queues))) co_return std::move(*queues);
        if (last) throw platform::Unavailable("the broker has not counted its messages yet");
        timer.expires_after(pause);
        co_await timer.async_wait(boost::asio::use_awaitable);
    }
}

}  // namespace

std::vector<Queue> read_queues(std::string_view management_url, std::chrono::seconds patience) {
    // The parts of the URL are those of a broker's URL.
    constexpr std::string_view scheme = "http://";
    if (!management_url.starts_with(scheme))
        throw std::runtime_error("the URL of the broker's management must begin with http://");
    auto url = BrokerUrl::parse("amqp://" + std::string(management_url.substr(scheme.size())));
    boost::asio::io_context io;
    platform::http::Client client(
        io, {.base_url = std::string(scheme) + url.host + ":" + std::to_string(url.port)});
    std::vector<Queue> queues;
    std::exception_ptr failure;
    boost::asio::co_spawn(io, ask(client, std::move(url), patience),
                          [&](std::exception_ptr error, std::vector<Queue> read) {
                              failure = error;
                              queues = std::move(read);
                              client.stop();
                          });
    io.run();
    if (failure) std::rethrow_exception(failure);
    return queues;
}

}  // namespace shop::audit
