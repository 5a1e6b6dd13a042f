#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "platform/http/client.hpp"
#include "tools/load/open/history.hpp"
#include "tools/load/open/open_options.hpp"
#include "tools/load/open/open_report.hpp"
#include "tools/load/open/persistence.hpp"
#include "tools/load/open/visits.hpp"

namespace shop::load {

struct Account {
    std::string user;
    std::string token;
};

/// The customers of one run and the orders that they know of.
class Customers {
  public:
    using Moment = std::chrono::steady_clock::time_point;

    /// `history` and `tally` must outlive the object.
    Customers(boost::asio::io_context& io, const OpenOptions& options, std::vector<Account> accounts,
              History& history, OpenTally& tally);

    /// One visit from beginning to end. Times count from `due`, when the customer was to arrive, so that a
    /// shop which stalls is not spared those who come meanwhile. The object must live until it has returned.
    platform::awaitable<void> serve(Visit visit, Moment due);

  private:
    platform::awaitable<void> buy(Visit visit, Moment due);
    platform::awaitable<Told> place(Visit visit);
    platform::awaitable<Told> place_at_once(Visit visit, HistoryEntry entry);
    platform::awaitable<void> send_again(Visit visit, std::string order);
    platform::awaitable<void> reuse_key(Visit visit, std::string order);
    platform::awaitable<void> cancel(Visit visit, std::string order);
    platform::awaitable<void> read(Visit visit);

    platform::http::ClientRequest order_request(const Visit& visit, const std::string& body) const;
    platform::http::ClientRequest request(const Visit& visit, std::string method, std::string target) const;
    void compare(const Visit& visit, const std::string& first, const Told& second);
    void write_end(HistoryEntry entry, const Told& told);

    std::vector<Account> accounts_;
    std::vector<std::vector<std::string>> orders_;  // By customer, the last few.
    std::string product_;
    History& history_;
    OpenTally& tally_;
    platform::http::Client shop_;
    Persistence persistence_;
};

}  // namespace shop::load
