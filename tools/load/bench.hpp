#pragma once

#include <functional>
#include <string>

#include "platform/base/awaitable.hpp"
#include "tools/load/options.hpp"
#include "tools/load/report.hpp"
#include "tools/load/shop_api.hpp"
#include "tools/load/target.hpp"

namespace shop::load {

/// Told what is going on, in one line.
using Progress = std::function<void(const std::string&)>;

/// Prepares the shop, runs all rounds and returns their figures. Throws ShopRefused when the shop cannot be
/// prepared or read, or when the gateway limits requests so that only the limit could be measured.
platform::awaitable<Report> bench(boost::asio::io_context& io, const Target& target, const Options& options,
                                  Progress say);

}  // namespace shop::load
