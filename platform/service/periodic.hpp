#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "platform/base/awaitable.hpp"

namespace platform::service {

/// A background loop: does its work at once and then again after each interval, until it is stopped. The work
/// has deadlines of its own. What it throws is logged with the loop's name, and the loop goes on.
class Periodic {
  public:
    Periodic(boost::asio::io_context& io, std::string name, std::chrono::milliseconds interval,
             std::function<awaitable<void>()> work);
    ~Periodic();  ///< Stops, without waiting.
    Periodic(const Periodic&) = delete;
    Periodic& operator=(const Periodic&) = delete;

    void start();

    /// Returns when the loop has ended, so not sooner than the work under way. Called from another thread
    /// than the one that runs the io_context. Repeatable.
    void stop();

  private:
    struct Loop;
    static awaitable<void> run(std::shared_ptr<Loop> loop);

    std::shared_ptr<Loop> loop_;
};

}  // namespace platform::service
