#include "tools/load/open/persistence.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>

#include "platform/contract/json.hpp"

namespace shop::load {

namespace {

namespace http = platform::http;

struct SeenOrder {
    std::string id;
    std::string status;
};
BOOST_DESCRIBE_STRUCT(SeenOrder, (), (id, status))

struct SeenProblem {
    std::string type;
};
BOOST_DESCRIBE_STRUCT(SeenProblem, (), (type))

/// Refusals of order-service that are decided before anything is written.
bool never_admitted(const http::ClientResponse& response) {
    const auto problem = platform::contract::from_json<SeenProblem>(response.body);
    if (!problem) return false;
    return problem->type.ends_with("/too-many-pending") || problem->type.ends_with("/catalogue-unavailable");
}

enum class Answer : std::uint8_t { done, refused, not_now, unknown };

Answer read(const http::ClientResponse& response) {
    if (response.status < 300) return Answer::done;
    if (response.status == 429) return Answer::not_now;
    if (response.status < 500) return Answer::refused;
    return response.status == 503 && never_admitted(response) ? Answer::not_now : Answer::unknown;
}

std::chrono::milliseconds pause_before(std::int64_t retry, const Persistence& persistence,
                                       std::chrono::seconds asked_for) {
    const auto place = static_cast<std::size_t>(retry - 1);
    const auto own = persistence.pauses[std::min(place, persistence.pauses.size() - 1)];
    return std::min<std::chrono::milliseconds>(std::max<std::chrono::milliseconds>(own, asked_for),
                                               persistence.pause_max);
}

std::chrono::seconds retry_after(const http::ClientResponse& response) {
    const auto text = response.headers.find("Retry-After").value_or("");
    int seconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    return std::chrono::seconds(seconds);
}

void note_order(Told& told, const http::ClientResponse& response) {
    auto order = platform::contract::from_json<SeenOrder>(response.body);
    if (!order) return;
    told.order = std::move(order->id);
    told.outcome = std::move(order->status);
}

platform::awaitable<void> wait(std::chrono::milliseconds time) {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, time);
    co_await timer.async_wait(boost::asio::use_awaitable);
}

}  // namespace

platform::awaitable<Told> ask_until_known(http::Client& shop, http::ClientRequest request,
                                          Persistence persistence) {
    Told told;
    bool unknown = false;
    std::chrono::seconds asked_for{0};
    for (std::int64_t retry = 0; retry <= persistence.retries; ++retry) {
        if (retry > 0) co_await wait(pause_before(retry, persistence, asked_for));
        ++told.attempts;
        asked_for = std::chrono::seconds{0};
        auto answer = Answer::unknown;
        try {
            const auto response = co_await shop.send(request);
            told.status = response.status;
            asked_for = retry_after(response);
            answer = read(response);
            if (answer == Answer::done) note_order(told, response);
        } catch (const http::TransportError& error) {
            answer = error.sent ? Answer::unknown : Answer::not_now;
        }
        unknown = unknown || answer == Answer::unknown;
        if (answer == Answer::done) {
            told.phase = Phase::ok;
            co_return told;
        }
        if (answer == Answer::refused) break;
    }
    told.phase = unknown ? Phase::info : Phase::fail;
    co_return told;
}

}  // namespace shop::load
