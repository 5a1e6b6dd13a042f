#include "tools/load/open/open_load.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <fstream>
#include <stdexcept>

#include "platform/base/ids.hpp"

namespace shop::load {

namespace {

using Clock = std::chrono::steady_clock;

/// More than come in all the time that one customer is patient for, at any sensible rate.
constexpr std::int64_t under_way_max = 4'000;
constexpr std::size_t articles_min = 3;
constexpr std::chrono::milliseconds look_every{50};

struct Arrivals {
    std::int64_t under_way = 0;
    std::exception_ptr failure;
};

platform::awaitable<void> wait_until(boost::asio::io_context& io, Clock::time_point time) {
    boost::asio::steady_timer timer(io, time);
    co_await timer.async_wait(boost::asio::use_awaitable);
}

void rethrow(const Arrivals& arrivals) {
    if (arrivals.failure) std::rethrow_exception(arrivals.failure);
}

}  // namespace

std::vector<Account> read_accounts(const std::string& path) {
    std::ifstream file(path);
    std::vector<Account> accounts;
    std::string line;
    while (std::getline(file, line)) {
        const auto blank = line.find(' ');
        if (blank == std::string::npos || blank == 0 || blank + 1 == line.size())
            throw std::runtime_error(path + " has a line that is not a user id and a token");
        accounts.push_back({line.substr(0, blank), line.substr(blank + 1)});
    }
    if (accounts.empty()) throw std::runtime_error(path + " names no customer");
    return accounts;
}

std::vector<std::string> read_articles(const std::string& path) {
    std::ifstream file(path);
    std::vector<std::string> articles;
    std::string line;
    while (std::getline(file, line))
        if (!line.empty()) articles.push_back(line);
    if (articles.size() < articles_min) throw std::runtime_error(path + " names fewer than three articles");
    return articles;
}

platform::awaitable<OpenReport> open_load(boost::asio::io_context& io, OpenOptions options,
                                          std::vector<Account> accounts, std::vector<std::string> articles,
                                          const bool& stop) {
    VisitBook book(options.seed, accounts.size(), std::move(articles), options.popularity,
                   platform::RandomIds().next().text());
    History history(options.history);
    OpenTally tally;
    Customers customers(io, options, std::move(accounts), history, tally);
    Arrivals arrivals;
    const auto began = Clock::now();
    const auto total =
        static_cast<std::int64_t>(std::max(1.0, options.rate * static_cast<double>(options.seconds)));
    for (std::int64_t number = 0; number < total && !stop && !arrivals.failure; ++number) {
        const std::chrono::duration<double> after{static_cast<double>(number) / options.rate};
        const auto due = began + std::chrono::duration_cast<Clock::duration>(after);
        co_await wait_until(io, due);
        const auto late = std::chrono::duration<double, std::milli>(Clock::now() - due).count();
        tally.report.latest_start_ms = std::max(tally.report.latest_start_ms, late);
        ++tally.report.arrivals;
        auto visit = book.next();
        if (arrivals.under_way == under_way_max) {
            ++tally.report.turned_away;
            continue;
        }
        ++arrivals.under_way;
        boost::asio::co_spawn(io, customers.serve(std::move(visit), due),
                              [&arrivals](std::exception_ptr error) {
                                  --arrivals.under_way;
                                  if (error) arrivals.failure = error;
                              });
    }
    while (arrivals.under_way > 0) co_await wait_until(io, Clock::now() + look_every);
    rethrow(arrivals);
    co_return tally.finished();
}

}  // namespace shop::load
