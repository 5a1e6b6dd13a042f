#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/base/awaitable.hpp"
#include "platform/base/time.hpp"

/// Runs the coroutines of a simulated world one step at a time, in an order that the world chooses.
namespace simulation {

using platform::awaitable;
using platform::Time;

class MemoryTransaction;

/// One activity of one process: handling a batch, serving a request, driving a payment. Between two of its
/// steps it is suspended, and others run.
struct Runner {
    bool busy = false;
    int process = 0;
    Time not_before{};                       // Stopped until then.
    MemoryTransaction* waits_for = nullptr;  // Holds the lock that this one needs.
    Time waits_since{};
    bool crashed = false;  // Its process is gone: the next resumption ends it.
    std::vector<MemoryTransaction*> open;

    std::optional<awaitable<void>> work{};
    std::move_only_function<void()> resume{};
};

/// A pool of runners that worlds use one after the other, because making coroutines is what costs most.
class Engine {
  public:
    Engine();
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// Calls `work` where start() and go_on() may be called.
    void run(std::function<void()> work);

    /// Begins `work` as an activity of a process and runs it until it is suspended or ends.
    void start(int process, awaitable<void> work);
    /// Runs a suspended activity until it is suspended again or ends.
    void go_on(Runner& runner);
    /// Every activity of this process ends where it stands.
    void kill(int process);
    void kill_all();

    /// Suspends the activity that runs; its process may be gone when it should go on, which throws Crash.
    awaitable<void> suspend();

    Runner& current() { return *current_; }
    const std::vector<std::unique_ptr<Runner>>& runners() const { return runners_; }
    std::size_t busy() const { return busy_; }

    /// What an activity threw that is neither a crash nor trouble that passes; empty when nothing did.
    std::string take_failure() { return std::exchange(failure_, {}); }
    /// Processes that crashed since the last call; their other activities are still there.
    std::vector<int> take_crashed() { return std::exchange(crashed_, {}); }

  private:
    awaitable<void> loop(Runner* runner);
    awaitable<void> wait(Runner* runner);
    Runner& idle_runner();
    void step(Runner& runner);

    boost::asio::io_context io_{1};
    std::vector<std::unique_ptr<Runner>> runners_;
    Runner* current_ = nullptr;
    std::size_t busy_ = 0;
    bool ended_ = false;
    std::string failure_;
    std::vector<int> crashed_;
};

}  // namespace simulation
