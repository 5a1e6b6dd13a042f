#pragma once

#include <chrono>
#include <initializer_list>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "platform/base/awaitable.hpp"
#include "platform/contract/json.hpp"
#include "platform/http/client.hpp"
#include "tools/load/target.hpp"

namespace shop::load {

/// The shop did not do what it was asked for; the text says what that was and what it answered.
struct ShopRefused : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Call {
    std::string method = "GET";
    std::string target;  // Without the base path.
    std::string token{};
    std::string body{};
    bool repeatable = true;  // Whether it may be sent again when nobody knows whether it arrived.
};

struct Reply {
    int status = 0;
    std::string body;
    std::string limit;  // RateLimit-Limit.
};

/// The public API for everything that is not measured: setting the shop up, reading outcomes. Each service is
/// asked at its first address, or through the gateway where it has none.
class ShopApi {
  public:
    ShopApi(boost::asio::io_context& io, const Target& target);

    /// Any answer whose status is below 300 or one of `fine`. An overloaded or unreachable shop is asked
    /// again for a while. Throws ShopRefused.
    platform::awaitable<Reply> ask(std::string service, Call call, std::vector<int> fine = {});

    /// The same, with the body read as a T.
    template <class T>
    platform::awaitable<T> get(std::string service, Call call) {
        const std::string what = call.target;
        const auto reply = co_await ask(std::move(service), std::move(call));
        auto value = platform::contract::from_json<T>(reply.body);
        if (!value) throw ShopRefused(what + " was answered with something else: " + value.error());
        co_return std::move(*value);
    }

  private:
    platform::awaitable<platform::http::ClientResponse> send(std::string service, Call call);

    boost::asio::io_context& io_;
    std::map<std::string, std::unique_ptr<platform::http::Client>, std::less<>> clients_;
};

/// Waits on the coroutine's own executor.
platform::awaitable<void> pause(std::chrono::milliseconds time);

}  // namespace shop::load
