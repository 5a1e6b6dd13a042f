#include "tools/load/shop_api.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>

namespace shop::load {

namespace {

namespace http = platform::http;

constexpr int attempts_max = 30;
constexpr std::chrono::milliseconds pause_between{250};
constexpr std::chrono::seconds pause_max{10};
constexpr std::chrono::seconds request_time{15};

constexpr std::size_t shown_max = 500;  // Of the body of a refusal.
constexpr std::string_view gateway = "gateway";

std::chrono::milliseconds pause_before_next(const http::ClientResponse& response) {
    const auto header = response.headers.find("Retry-After").value_or("");
    int seconds = 0;
    std::from_chars(header.data(), header.data() + header.size(), seconds);
    if (seconds <= 0) return pause_between;
    return std::min(std::chrono::seconds(seconds), pause_max);
}

}  // namespace

ShopApi::ShopApi(boost::asio::io_context& io, const Target& target) : io_(io) {
    const auto add = [&](std::string_view name, const std::string& list) {
        const auto addresses = addresses_in(list);
        if (addresses.empty()) return;
        clients_[std::string(name)] = std::make_unique<http::Client>(
            io_, http::ClientConfig{.base_url = addresses.front(), .request_ms = request_time});
    };
    add(gateway, target.gateway_url->text());
    add("user", target.user_url);
    add("product", target.product_url);
    add("order", target.order_url);
    add("inventory", target.inventory_url);
}

platform::awaitable<Reply> ShopApi::ask(std::string service, Call call, std::vector<int> fine) {
    std::string why;
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        std::optional<http::ClientResponse> response;
        try {
            response = co_await send(service, call);
        } catch (const http::TransportError& error) {
            why = error.what();
            if (error.sent && !call.repeatable) break;
        }
        if (!response) {
            co_await pause(pause_between);
            continue;
        }
        if (response->status < 300 || std::ranges::find(fine, response->status) != fine.end()) {
            co_return Reply{response->status, std::move(response->body),
                            std::string(response->headers.find("RateLimit-Limit").value_or(""))};
        }
        why =
            "it was answered " + std::to_string(response->status) + " " + response->body.substr(0, shown_max);
        if (response->status != 503 && response->status != 429) break;
        co_await pause(pause_before_next(*response));
    }
    throw ShopRefused(call.method + " " + call.target + " of " + service + ": " + why);
}

platform::awaitable<http::ClientResponse> ShopApi::send(std::string service, Call call) {
    http::ClientRequest request{
        .method = std::move(call.method), .target = "/api/v1" + call.target, .body = std::move(call.body)};
    if (!call.token.empty()) request.headers.emplace_back("Authorization", "Bearer " + call.token);
    if (!request.body.empty()) request.headers.emplace_back("Content-Type", "application/json");
    const auto direct = clients_.find(service);
    const auto& client = direct != clients_.end() ? direct->second : clients_.find(gateway)->second;
    co_return co_await client->send(std::move(request));
}

platform::awaitable<void> pause(std::chrono::milliseconds time) {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, time);
    co_await timer.async_wait(boost::asio::use_awaitable);
}

}  // namespace shop::load
