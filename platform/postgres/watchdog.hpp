#pragma once

#include <sys/socket.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>

namespace platform::postgres {

/// Ends whatever waits on a socket when its time is up, by shutting the socket down: the wait then returns
/// and libpq finds the connection gone. So there is one way to fail, and nothing to cancel.
class Watchdog {
  public:
    explicit Watchdog(const boost::asio::any_io_executor& executor) : timer_(executor) {}
    ~Watchdog() { disarm(); }
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    void arm(std::chrono::steady_clock::time_point deadline) {
        state_->fired = false;
        timer_.expires_at(deadline);
        timer_.async_wait([state = state_, turn = ++state_->turn](boost::system::error_code error) {
            // A time-out may stand in the event queue already when it is disarmed: then the turn has changed.
            if (error || state->turn != turn) return;
            state->fired = true;
            if (state->socket >= 0) ::shutdown(state->socket, SHUT_RDWR);
        });
    }
    void disarm() {
        ++state_->turn;
        timer_.cancel();
    }
    void watch(int socket) { state_->socket = socket; }
    bool fired() const { return state_->fired; }

  private:
    struct State {
        int socket = -1;
        unsigned turn = 0;
        bool fired = false;
    };
    boost::asio::steady_timer timer_;
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace platform::postgres
