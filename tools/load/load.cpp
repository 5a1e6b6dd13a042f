#include "tools/load/load.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>

namespace shop::load {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// How often connections that hang are looked for.
constexpr std::chrono::seconds look_every{1};

struct Peer {
    tcp::endpoint endpoint;
    std::string host;
};

Peer peer_at(asio::io_context& io, const std::string& address) {
    const auto endpoint = endpoint_of(address);
    tcp::resolver resolver(io);
    return {resolver.resolve(endpoint.host, endpoint.port).begin()->endpoint(),
            endpoint.host + ":" + endpoint.port};
}

platform::Time wall_clock() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace

platform::awaitable<LoadResult> run_load(asio::io_context& io, std::vector<std::string> addresses,
                                         std::vector<std::string> tokens, std::int64_t clients,
                                         OrderBook& book) {
    LoadResult result;
    std::vector<Peer> peers;
    for (const auto& address : addresses) peers.push_back(peer_at(io, address));
    std::vector<std::unique_ptr<LoadClient>> running;
    std::int64_t left = clients;
    asio::steady_timer timer(io);
    const std::function<void()> finished = [&] {
        if (--left == 0) timer.cancel();
    };
    for (std::int64_t i = 0; i < clients; ++i) {
        const auto place = static_cast<std::size_t>(i);
        const auto& peer = peers[place % peers.size()];
        LoadClientConfig config{
            .peer = peer.endpoint, .host = peer.host, .token = tokens[place % tokens.size()]};
        running.push_back(std::make_unique<LoadClient>(io, std::move(config), book, result.tally, finished));
    }
    result.began = wall_clock();
    result.first_sent = LoadClock::now();
    for (const auto& client : running) client->start();
    while (left > 0) {
        timer.expires_after(look_every);
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        for (const auto& client : running) client->expire(LoadClock::now());
    }
    co_return result;
}

}  // namespace shop::load
