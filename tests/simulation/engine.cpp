#include "tests/simulation/engine.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "platform/base/ensure.hpp"
#include "tests/simulation/faults.hpp"

namespace simulation {
namespace {

/// More activities than a world has at once.
constexpr std::size_t runners_max = 96;

}  // namespace

Engine::Engine() {
    for (std::size_t i = 0; i < runners_max; ++i) {
        runners_.push_back(std::make_unique<Runner>());
        boost::asio::co_spawn(io_, loop(runners_.back().get()), boost::asio::detached);
    }
    io_.poll();  // Each now waits for work.
}

Engine::~Engine() {
    ended_ = true;
    for (const auto& runner : runners_) step(*runner);
    io_.restart();
    io_.poll();
}

void Engine::run(std::function<void()> work) {
    boost::asio::post(io_, std::move(work));
    io_.restart();
    io_.poll();  // Not run(): the runners that wait count as work.
}

awaitable<void> Engine::wait(Runner* runner) {
    co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&, void()>(
        [runner](auto handler) { runner->resume = std::move(handler); }, boost::asio::use_awaitable);
}

awaitable<void> Engine::loop(Runner* runner) {
    for (;;) {
        co_await wait(runner);
        if (ended_) co_return;
        try {
            co_await std::move(*runner->work);
        } catch (const Crash&) {
            crashed_.push_back(runner->process);
        } catch (const platform::Unavailable&) {
        } catch (const std::exception& failure) {
            failure_ = failure.what();
        }
        runner->work.reset();
        runner->busy = false;
        --busy_;
    }
}

awaitable<void> Engine::suspend() {
    auto& runner = *current_;
    co_await wait(&runner);
    if (runner.crashed) throw Crash{};
}

Runner& Engine::idle_runner() {
    for (const auto& runner : runners_)
        if (!runner->busy) return *runner;
    platform::broken("a world has fewer activities than runners", std::source_location::current());
}

void Engine::start(int process, awaitable<void> work) {
    auto& runner = idle_runner();
    runner.busy = true;
    runner.process = process;
    runner.not_before = {};
    runner.waits_for = nullptr;
    runner.crashed = false;
    runner.work.emplace(std::move(work));
    ++busy_;
    go_on(runner);
}

void Engine::go_on(Runner& runner) { step(runner); }

void Engine::step(Runner& runner) {
    // An activity that begins another one is current again afterwards.
    auto* const before = std::exchange(current_, &runner);
    auto resume = std::move(runner.resume);
    resume();
    current_ = before;
}

void Engine::kill(int process) {
    for (const auto& runner : runners_)
        if (runner->busy && runner->process == process && runner.get() != current_) {
            runner->crashed = true;
            runner->waits_for = nullptr;
            step(*runner);
        }
}

void Engine::kill_all() {
    for (const auto& runner : runners_)
        if (runner->busy) kill(runner->process);
    crashed_.clear();
    failure_.clear();
}

}  // namespace simulation
