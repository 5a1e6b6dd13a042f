#include "tools/load/open/customers.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace shop::load {

namespace {

using platform::awaitable;
namespace http = platform::http;

constexpr std::size_t connections_max = 4'096;
constexpr std::size_t remembered_max = 20;

http::ClientConfig config_of(const OpenOptions& options) {
    return {
        .base_url = options.gateway,
        .connections_max = connections_max,
        .request_ms = std::chrono::milliseconds(options.answer_ms),
        // The gateway closes idle connections after some seconds; a request on one of these would be lost.
        .idle_ms = std::chrono::milliseconds(1'000)};
}

awaitable<void> wait(std::chrono::milliseconds time) {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, time);
    co_await timer.async_wait(boost::asio::use_awaitable);
}

/// Of two requests that were one: what is known of either is known of both.
Told together(const Told& one, const Told& other) {
    if (one.phase == Phase::ok) return one;
    if (other.phase == Phase::ok) return other;
    return one.phase == Phase::info ? one : other;
}

}  // namespace

Customers::Customers(boost::asio::io_context& io, const OpenOptions& options, std::vector<Account> accounts,
                     History& history, OpenTally& tally)
    : accounts_(std::move(accounts)),
      orders_(accounts_.size()),
      product_(options.product),
      history_(history),
      tally_(tally),
      shop_(io, config_of(options)),
      persistence_{.retries = options.retries} {}

awaitable<void> Customers::serve(Visit visit, Moment due) {
    ++tally_.visits[std::string(name_of(visit.wish))];
    if (visit.wish == Wish::read) {
        co_await read(std::move(visit));
    } else {
        co_await buy(std::move(visit), due);
    }
}

awaitable<void> Customers::buy(Visit visit, Moment due) {
    const auto told = co_await place(visit);
    if (told.phase != Phase::ok) co_return;
    tally_.ok_after.add(std::chrono::steady_clock::now() - due);
    ++tally_.attempts[told.attempts];
    auto& known = orders_[visit.customer];
    if (known.size() == remembered_max) known.erase(known.begin());
    known.push_back(told.order);
    if (visit.wish == Wish::buy_and_cancel) co_await cancel(visit, told.order);
    if (visit.wish == Wish::reuse_key) co_await reuse_key(visit, told.order);
    if (visit.wish == Wish::buy_twice && visit.pause.count() > 0) co_await send_again(visit, told.order);
}

awaitable<Told> Customers::place(Visit visit) {
    HistoryEntry entry{.op = history_.next_operation(),
                       .kind = "place",
                       .phase = std::string(name_of(Phase::invoke)),
                       .user = accounts_[visit.customer].user,
                       .key = visit.key};
    history_.write(entry);
    ++tally_.report.placed;
    const bool at_once = visit.wish == Wish::buy_twice && visit.pause.count() == 0;
    auto told = at_once ? co_await place_at_once(visit, entry)
                        : co_await ask_until_known(shop_, order_request(visit, visit.body), persistence_);
    ++(told.phase == Phase::ok     ? tally_.report.ok
       : told.phase == Phase::fail ? tally_.report.failed
                                   : tally_.report.unknown);
    write_end(std::move(entry), told);
    co_return told;
}

/// Two copies that meet in the shop, on one replica or on two.
awaitable<Told> Customers::place_at_once(Visit visit, HistoryEntry entry) {
    using boost::asio::experimental::awaitable_operators::operator&&;
    const auto [one, other] =
        co_await (ask_until_known(shop_, order_request(visit, visit.body), persistence_) &&
                  ask_until_known(shop_, order_request(visit, visit.body), persistence_));
    if (one.phase == Phase::ok && other.phase == Phase::ok) {
        compare(visit, one.order, other);
        // The history must show both, for whoever looks for two orders under one key.
        if (one.order != other.order) write_end(std::move(entry), other);
    }
    co_return together(one, other);
}

awaitable<void> Customers::send_again(Visit visit, std::string order) {
    co_await wait(visit.pause);
    const auto told = co_await ask_until_known(shop_, order_request(visit, visit.body), persistence_);
    if (told.phase == Phase::fail && told.status < 500 && told.status != 429)
        tally_.promise_broken("order " + order + " was accepted, and its repetition answered " +
                              std::to_string(told.status));
    if (told.phase == Phase::ok) compare(visit, order, told);
}

void Customers::compare(const Visit& visit, const std::string& first, const Told& second) {
    if (first == second.order) {
        ++tally_.report.copies_same;
        return;
    }
    tally_.promise_broken("key " + visit.key + " is order " + first + " and also order " + second.order);
}

awaitable<void> Customers::reuse_key(Visit visit, std::string order) {
    co_await wait(visit.pause);
    const auto told = co_await ask_until_known(shop_, order_request(visit, visit.other_body), persistence_);
    if (told.status == 422) {
        ++tally_.report.keys_refused;
    } else if (told.phase == Phase::ok) {
        tally_.promise_broken("key " + visit.key + " of order " + order +
                              " was taken for another basket, as order " + told.order);
    }
}

awaitable<void> Customers::cancel(Visit visit, std::string order) {
    co_await wait(visit.pause);
    HistoryEntry entry{.op = history_.next_operation(),
                       .kind = "cancel",
                       .phase = std::string(name_of(Phase::invoke)),
                       .user = accounts_[visit.customer].user,
                       .order = order};
    history_.write(entry);
    ++tally_.report.cancellations;
    const auto told = co_await ask_until_known(
        shop_, request(visit, "POST", "/api/v1/orders/" + order + "/cancel"), persistence_);
    write_end(std::move(entry), told);
    if (told.status == 404)
        tally_.promise_broken("order " + order + " was accepted, and cannot be cancelled: 404");
}

awaitable<void> Customers::read(Visit visit) {
    const auto& known = orders_[visit.customer];
    std::string target = "/api/v1/orders?limit=20";
    bool own = false;
    if (!product_.empty() && visit.chance % 3 == 0) {
        target = "/api/v1/products/" + product_;
    } else if (!known.empty()) {
        const auto& order = known[visit.chance % known.size()];
        own = true;
        target = "/api/v1/orders/" + order + (visit.chance % 2 == 0 ? "/timeline" : "");
    }
    ++tally_.report.reads;
    const auto told = co_await ask_until_known(shop_, request(visit, "GET", target), persistence_);
    if (told.phase != Phase::ok) ++tally_.report.reads_unanswered;
    if (own && told.status == 404) tally_.promise_broken(target + " was accepted, and is answered 404");
}

http::ClientRequest Customers::request(const Visit& visit, std::string method, std::string target) const {
    return {.method = std::move(method),
            .target = std::move(target),
            .headers = {{"Authorization", "Bearer " + accounts_[visit.customer].token}}};
}

http::ClientRequest Customers::order_request(const Visit& visit, const std::string& body) const {
    auto made = request(visit, "POST", "/api/v1/orders");
    made.headers.emplace_back("Content-Type", "application/json");
    made.headers.emplace_back("Idempotency-Key", visit.key);
    made.body = body;
    return made;
}

void Customers::write_end(HistoryEntry entry, const Told& told) {
    entry.phase = name_of(told.phase);
    if (told.status != 0) entry.status = told.status;
    if (!told.order.empty()) entry.order = told.order;
    if (!told.outcome.empty()) entry.outcome = told.outcome;
    history_.write(std::move(entry));
}

}  // namespace shop::load
