#pragma once

#include <boost/asio/io_context.hpp>
#include <string>
#include <vector>

#include "platform/base/awaitable.hpp"
#include "tools/load/open/customers.hpp"

namespace shop::load {

/// Lines of "<user id> <access token>". Throws std::runtime_error for a file without any, or with another
/// line.
std::vector<Account> read_accounts(const std::string& path);

/// One SKU a line. Throws std::runtime_error when there are fewer than an order has lines.
std::vector<std::string> read_articles(const std::string& path);

/// Lets customers arrive at the fixed rate until the time is over or `stop` holds, and waits for the last of
/// them. An open loop: who arrives does not depend on whether those before were answered.
platform::awaitable<OpenReport> open_load(boost::asio::io_context& io, OpenOptions options,
                                          std::vector<Account> accounts, std::vector<std::string> articles,
                                          const bool& stop);

}  // namespace shop::load
