#include "platform/testing/tcp_gate.hpp"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>
#include <future>
#include <thread>
#include <vector>

#include "platform/base/awaitable.hpp"

namespace platform::testing {

using boost::asio::ip::tcp;

namespace {

struct Pair {
    tcp::socket client;
    tcp::socket server;

    void close() {
        for (auto* socket : {&client, &server}) {
            boost::system::error_code ignored;
            socket->set_option(boost::asio::socket_base::linger(true, 0), ignored);
            socket->close(ignored);
        }
    }
};

}  // namespace

struct TcpGate::State {
    boost::asio::io_context io{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work = make_work_guard(io);
    tcp::endpoint server;
    tcp::endpoint own;
    tcp::acceptor acceptor{io};
    boost::asio::steady_timer release{io, boost::asio::steady_timer::time_point::max()};
    std::vector<std::weak_ptr<Pair>> pairs;
    bool held = false;
    bool server_spoke_last = true;
    std::size_t to_server = 0, to_client = 0, turns = 0, accepted = 0;
    std::jthread thread;

    void listen() {
        acceptor.open(own.protocol());
        acceptor.set_option(tcp::acceptor::reuse_address(true));
        acceptor.bind(own);
        acceptor.listen();
        own = acceptor.local_endpoint();
    }

    void count(bool towards_server, std::size_t bytes) {
        (towards_server ? to_server : to_client) += bytes;
        if (towards_server && server_spoke_last) ++turns;
        server_spoke_last = !towards_server;
    }

    /// Runs the function on the gate's thread and returns what it returns.
    auto on_thread(auto function) {
        std::packaged_task<decltype(function())()> task(std::move(function));
        auto answer = task.get_future();
        boost::asio::post(io, std::move(task));
        return answer.get();
    }

    static awaitable<void> accept(State* state);
    static awaitable<void> relay(State* state, std::shared_ptr<Pair> pair, bool towards_server);
};

awaitable<void> TcpGate::State::accept(State* state) {
    for (;;) {
        auto pair = std::make_shared<Pair>(Pair{tcp::socket(state->io), tcp::socket(state->io)});
        boost::system::error_code error;
        co_await state->acceptor.async_accept(pair->client,
                                              boost::asio::redirect_error(boost::asio::use_awaitable, error));
        if (error) co_return;
        ++state->accepted;
        co_await pair->server.async_connect(state->server,
                                            boost::asio::redirect_error(boost::asio::use_awaitable, error));
        if (error) {
            pair->close();
            continue;
        }
        pair->client.set_option(tcp::no_delay(true));
        pair->server.set_option(tcp::no_delay(true));
        state->pairs.push_back(pair);
        boost::asio::co_spawn(state->io, relay(state, pair, true), boost::asio::detached);
        boost::asio::co_spawn(state->io, relay(state, pair, false), boost::asio::detached);
    }
}

awaitable<void> TcpGate::State::relay(State* state, std::shared_ptr<Pair> pair, bool towards_server) {
    auto& from = towards_server ? pair->client : pair->server;
    auto& to = towards_server ? pair->server : pair->client;
    std::array<char, 16384> bytes;
    boost::system::error_code error;
    for (;;) {
        auto size = co_await from.async_read_some(
            boost::asio::buffer(bytes), boost::asio::redirect_error(boost::asio::use_awaitable, error));
        if (error) break;
        boost::system::error_code released;
        while (!towards_server && state->held)
            co_await state->release.async_wait(
                boost::asio::redirect_error(boost::asio::use_awaitable, released));
        state->count(towards_server, size);
        co_await boost::asio::async_write(to, boost::asio::buffer(bytes, size),
                                          boost::asio::redirect_error(boost::asio::use_awaitable, error));
        if (error) break;
    }
    pair->close();
}

TcpGate::TcpGate(const std::string& host, unsigned short port) : state_(std::make_shared<State>()) {
    tcp::resolver resolver(state_->io);
    state_->server = resolver.resolve(host, std::to_string(port)).begin()->endpoint();
    state_->own = tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0);
    state_->thread = std::jthread([state = state_.get()] { state->io.run(); });
    open();
}

TcpGate::~TcpGate() {
    state_->io.stop();
    state_->thread.join();
}

unsigned short TcpGate::port() const { return state_->own.port(); }

void TcpGate::open() {
    state_->on_thread([state = state_.get()] {
        if (state->acceptor.is_open()) return;
        state->listen();
        boost::asio::co_spawn(state->io, State::accept(state), boost::asio::detached);
    });
}

void TcpGate::close() {
    state_->on_thread([state = state_.get()] { state->acceptor.close(); });
}

void TcpGate::cut() {
    state_->on_thread([state = state_.get()] {
        for (auto& entry : std::exchange(state->pairs, {}))
            if (auto pair = entry.lock()) pair->close();
    });
}

void TcpGate::hold_replies() {
    state_->on_thread([state = state_.get()] { state->held = true; });
}

void TcpGate::release_replies() {
    state_->on_thread([state = state_.get()] {
        state->held = false;
        state->release.cancel();
    });
}

std::size_t TcpGate::bytes_to_server() const {
    return state_->on_thread([state = state_.get()] { return state->to_server; });
}
std::size_t TcpGate::bytes_to_client() const {
    return state_->on_thread([state = state_.get()] { return state->to_client; });
}
std::size_t TcpGate::turns() const {
    return state_->on_thread([state = state_.get()] { return state->turns; });
}
std::size_t TcpGate::accepted() const {
    return state_->on_thread([state = state_.get()] { return state->accepted; });
}

}  // namespace platform::testing
