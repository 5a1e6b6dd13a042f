#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <variant>

#include "platform/base/awaitable.hpp"

namespace platform::testing {

namespace detail {

/// Runs the context until `done`, or throws after the deadline. What else is under way there runs along.
template <class Done>
void run_until(boost::asio::io_context& io, std::chrono::milliseconds limit, Done done) {
    auto deadline = std::chrono::steady_clock::now() + limit;
    io.restart();
    while (!done()) {
        if (io.run_one_until(deadline) > 0) continue;
        throw std::runtime_error(std::chrono::steady_clock::now() < deadline
                                     ? "the coroutine waits for something that never comes"
                                     : "the coroutine did not finish within its deadline");
    }
}

}  // namespace detail

/// Runs a coroutine to its end on the context and returns or throws what it does. Throws std::runtime_error
/// when it does not end in time; the coroutine is left suspended then and dies with the context.
template <class T>
T run(boost::asio::io_context& io, awaitable<T> coroutine,
      std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    struct Outcome {
        bool done = false;
        std::exception_ptr error;
        std::optional<std::conditional_t<std::is_void_v<T>, std::monostate, T>> value;
    };
    // Shared, since after a time-out the coroutine still points at it.
    auto outcome = std::make_shared<Outcome>();
    auto finish = [outcome](std::exception_ptr error, auto... value) {
        outcome->done = true;
        outcome->error = error;
        if (!error) outcome->value.emplace(std::move(value)...);
    };
    boost::asio::co_spawn(io, std::move(coroutine), std::move(finish));
    detail::run_until(io, limit, [&] { return outcome->done; });
    if (outcome->error) std::rethrow_exception(outcome->error);
    if constexpr (!std::is_void_v<T>) return std::move(*outcome->value);
}

/// Runs the context until the condition holds, or throws after the deadline. The condition is tried again
/// after every event, and every few milliseconds for what happens elsewhere, such as in a server.
template <class Condition>
void run_until(boost::asio::io_context& io, Condition holds,
               std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    auto deadline = std::chrono::steady_clock::now() + limit;
    auto work = boost::asio::make_work_guard(io);
    io.restart();
    while (!holds()) {
        if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("the condition never held");
        io.run_one_for(std::chrono::milliseconds(2));
    }
}

}  // namespace platform::testing
