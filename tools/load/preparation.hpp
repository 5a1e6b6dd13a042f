#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "platform/base/awaitable.hpp"
#include "tools/load/options.hpp"
#include "tools/load/shop_api.hpp"

/// What has to be there before the first order: customers, articles and stock, all through the public API.
namespace shop::load {

struct Customer {
    std::string email;
    std::string password;
    std::string token;
    std::chrono::steady_clock::time_point token_until;
};

/// Opens so many accounts and logs them in. Their addresses carry `run` and their passwords are random:
/// nobody can log in to them later.
platform::awaitable<std::vector<Customer>> open_accounts(ShopApi& api, std::int64_t count, std::string run);

/// Logs the customer in again when the token would not last that long.
platform::awaitable<void> refresh(ShopApi& api, Customer& customer, std::chrono::seconds needed);

platform::awaitable<std::string> log_in_administrator(ShopApi& api, const Target& target);

/// SKUs of the category `bench`; those that do not exist are made. Products have 50 variants each.
platform::awaitable<std::vector<std::string>> make_articles(ShopApi& api, std::string admin_token,
                                                            std::int64_t count);

/// Sees to it that so many units of each can be ordered.
platform::awaitable<void> fill_shelves(ShopApi& api, std::string admin_token, std::vector<std::string> skus,
                                       std::int64_t units);

/// How many requests a minute the gateway lets pass from one address, as it says itself; nothing when it
/// names no limit.
platform::awaitable<std::optional<std::int64_t>> gateway_limit(ShopApi& api);

}  // namespace shop::load
