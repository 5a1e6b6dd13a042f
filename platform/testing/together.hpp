#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "platform/testing/run.hpp"

namespace platform::testing {

/// Starts all coroutines in one turn of the event loop and returns their results in order, or throws the
/// first failure when all have ended.
template <class T>
std::vector<T> together(boost::asio::io_context& io, std::vector<awaitable<T>> work) {
    struct Outcome {
        std::vector<std::optional<T>> results;
        std::exception_ptr failure;
        std::size_t left = 0;
    };
    // Shared, since after a time-out the coroutines still point at it.
    auto outcome = std::make_shared<Outcome>();
    outcome->results.resize(work.size());
    outcome->left = work.size();
    for (std::size_t i = 0; i < work.size(); ++i)
        boost::asio::co_spawn(io, std::move(work[i]), [outcome, i](std::exception_ptr failure, T result) {
            if (failure && !outcome->failure) outcome->failure = failure;
            if (!failure) outcome->results[i].emplace(std::move(result));
            --outcome->left;
        });
    run_until(io, [&] { return outcome->left == 0; }, std::chrono::seconds(30));
    if (outcome->failure) std::rethrow_exception(outcome->failure);
    std::vector<T> results;
    for (auto& one : outcome->results) results.push_back(std::move(*one));
    return results;
}

}  // namespace platform::testing
