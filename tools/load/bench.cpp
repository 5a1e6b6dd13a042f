#include "tools/load/bench.hpp"

#include <algorithm>
#include <thread>

#include "platform/base/ids.hpp"
#include "tools/load/load.hpp"
#include "tools/load/outcomes.hpp"
#include "tools/load/preparation.hpp"

namespace shop::load {

namespace {

using platform::awaitable;
using Clock = std::chrono::steady_clock;

/// Every deadline of an order has passed long before.
constexpr std::chrono::minutes final_within{3};
/// How long a token must last for a round and for reading what became of it.
constexpr std::chrono::minutes token_for{10};
/// Fewer requests a minute than the slowest shop answers.
constexpr std::int64_t limit_min = 1'000'000;
/// Of one article in one line, on average; see OrderBook.
constexpr std::int64_t units_per_line = 2;

double seconds(auto duration) { return std::chrono::duration<double>(duration).count(); }

/// What all rounds share.
struct Bench {
    boost::asio::io_context& io;
    const Target& target;
    const Options& options;
    Progress say;
    ShopApi api;
    std::string run;
    std::vector<Customer> customers{};
    std::vector<std::string> skus{};
};

awaitable<void> refuse_limits(Bench& shared) {
    const auto& ways = shared.options.ways;
    if (std::ranges::find(ways, Way::gateway) == ways.end()) co_return;
    const auto limit = co_await gateway_limit(shared.api);
    if (!limit || *limit >= limit_min) co_return;
    throw ShopRefused(
        "the gateway lets " + std::to_string(*limit) +
        " requests a minute pass from one address, so that is all that could be measured; start it with "
        "./shop up --load-profile, or measure with --via direct");
}

awaitable<void> prepare(Bench& shared) {
    const auto& options = shared.options;
    const auto admin = co_await log_in_administrator(shared.api, shared.target);
    shared.say("-- articles and stock");
    shared.skus = co_await make_articles(shared.api, admin, options.skus);
    const auto rounds = options.rounds * std::ssize(options.ways) + 1;
    // Twice what is expected of each, since dice decide which article is ordered.
    const auto units = 2 * rounds * options.orders * options.lines_max * units_per_line / options.skus;
    co_await fill_shelves(shared.api, admin, shared.skus, units);
    shared.say("-- " + std::to_string(options.users) + " accounts");
    shared.customers = co_await open_accounts(shared.api, options.users, shared.run);
}

void add_tally(Round& round, const LoadResult& load) {
    const auto& tally = load.tally;
    round.accepted = std::ssize(tally.ids);
    if (round.accepted > 0) {
        round.load_seconds = seconds(tally.last_accepted - load.first_sent);
        round.accepted_per_s = static_cast<double>(round.accepted) / round.load_seconds;
    }
    const auto& times = tally.accepted_after;
    round.post = {times.percentile_ms(0.50), times.percentile_ms(0.99), times.max_ms()};
    round.given_up = tally.given_up;
    round.waited = tally.waited;
    round.broken_connections = tally.broken;
    for (const auto& [status, count] : tally.errors) round.errors.push_back({status, count});
}

void add_outcomes(Round& round, const LoadResult& load, const Outcomes& outcomes) {
    round.confirmed = outcomes.confirmed;
    round.cancelled = outcomes.cancelled;
    round.unfinished = outcomes.unfinished;
    round.missing = outcomes.missing;
    for (const auto& [reason, count] : outcomes.reasons) round.cancelled_because.push_back({reason, count});
    if (outcomes.last_final <= load.began) return;
    round.total_seconds = seconds(outcomes.last_final - load.began);
    round.confirmed_per_s = static_cast<double>(outcomes.confirmed) / round.total_seconds;
}

/// Seconds and outcomes come from what the shop says of every order; looking that up happens after the CPU
/// was read, so it costs the figures nothing.
awaitable<Round> run_round(Bench& shared, Way way, std::int64_t orders, std::int64_t number) {
    std::vector<std::string> tokens;
    for (auto& customer : shared.customers) {
        co_await refresh(shared.api, customer, token_for);
        tokens.push_back(customer.token);
    }
    Round round{.via = std::string(name_of(way)), .orders = orders};
    OrderBook book(shared.options, orders, shared.options.seed + static_cast<std::uint64_t>(number),
                   shared.skus, shared.run + "-" + std::to_string(number));
    const auto before = usage_now(shared.target.state);
    const auto load = co_await run_load(shared.io, order_addresses(shared.target, way), std::move(tokens),
                                        shared.options.clients, book);
    const auto deadline = Clock::now() + final_within;
    co_await wait_until_quiet(shared.api, shared.customers, deadline);
    const auto after = usage_now(shared.target.state);
    add_tally(round, load);
    add_outcomes(round, load, co_await read_outcomes(shared.api, shared.customers, load.tally.ids, deadline));
    add_use(round, used_between(before, after));
    co_return round;
}

Report report_on(const Bench& shared) {
    const auto& options = shared.options;
    return {.orders = options.orders,
            .clients = options.clients,
            .users = options.users,
            .skus = options.skus,
            .lines_min = options.lines_min,
            .lines_max = options.lines_max,
            .seed = static_cast<std::int64_t>(options.seed),
            .replicas = std::ssize(addresses_in(shared.target.order_url)),
            .processors = static_cast<std::int64_t>(std::thread::hardware_concurrency()),
            .rounds = {},
            .medians = {}};
}

std::string line_on(const Round& round, std::int64_t number) {
    const auto whole = [](double figure) { return std::to_string(static_cast<std::int64_t>(figure)); };
    return "-- round " + std::to_string(number) + " via " + round.via + ": " + whole(round.accepted_per_s) +
           " accepted/s, " + whole(round.confirmed_per_s) + " confirmed/s";
}

}  // namespace

awaitable<Report> bench(boost::asio::io_context& io, const Target& target, const Options& options,
                        Progress say) {
    Bench shared{
        io, target, options, std::move(say), ShopApi(io, target), platform::RandomIds().next().text()};
    co_await refuse_limits(shared);
    co_await prepare(shared);
    Report report = report_on(shared);
    if (options.warm_up > 0) {
        shared.say("-- warming up");
        co_await run_round(shared, options.ways.front(), options.warm_up, 0);
    }
    // Ways take turns, so that what else the machine does falls on all of them alike.
    for (std::int64_t number = 1; number <= options.rounds; ++number) {
        for (const auto way : options.ways) {
            const auto place = std::ssize(report.rounds) + 1;
            report.rounds.push_back(co_await run_round(shared, way, options.orders, place));
            shared.say(line_on(report.rounds.back(), number));
        }
    }
    report.medians = medians_of(report.rounds);
    co_return report;
}

}  // namespace shop::load
