#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

#include "platform/base/awaitable.hpp"
#include "platform/http/client.hpp"
#include "tools/load/open/history.hpp"

namespace shop::load {

/// What a customer knows of a request after all its attempts.
struct Told {
    Phase phase = Phase::info;
    std::int64_t status = 0;  // Of the last answer; 0: none came.
    std::int64_t attempts = 0;
    std::string order;  // Its id and its status, as the last answer tells them.
    std::string outcome;
};

/// How often and after which pauses a request is sent again under its key.
struct Persistence {
    std::int64_t retries = 3;
    std::array<std::chrono::milliseconds, 3> pauses{
        std::chrono::milliseconds{1'000}, std::chrono::milliseconds{3'000}, std::chrono::milliseconds{8'000}};
    std::chrono::milliseconds pause_max{10'000};  // However long Retry-After asks for.
};

/// Sends the request until its fate is known or the retries are used up. It is `ok` with the first 2xx,
/// `fail` when every attempt was certainly refused (4xx, or 503 because the shop does not admit orders now),
/// and `info` as soon as one attempt may have been carried out without an answer. Never throws for the shop's
/// sake.
platform::awaitable<Told> ask_until_known(platform::http::Client& shop, platform::http::ClientRequest request,
                                          Persistence persistence);

}  // namespace shop::load
