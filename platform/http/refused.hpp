#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "platform/contract/violation.hpp"

namespace platform::http {

/// The error side of a handler's result: which refusal, and what the client may be told beyond its title.
/// Converts from the bare reason, so `return std::unexpected(Refusal::order_not_found)` works.
template <class Reason>
struct Refused {
    Refused(Reason why) : reason(why) {}
    Refused(Reason why, std::string what) : reason(why), detail(std::move(what)) {}

    Reason reason;
    std::string detail{};
    contract::Violations violations{};
    std::optional<std::chrono::seconds> retry_after{};
};

}  // namespace platform::http
