#include "services/order-service/app/infrastructure/pg_outcomes.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "services/order-service/app/infrastructure/pg_order_reads.hpp"

namespace shop::order {
namespace {

using Waiting = std::multimap<OrderId, boost::asio::steady_timer*>;

/// A client that goes away destroys the waiting frame: its place must not outlive it.
struct Place {
    Waiting& waiting;
    Waiting::iterator at;
    Place(Waiting& all, OrderId id, boost::asio::steady_timer& timer)
        : waiting(all), at(all.emplace(id, &timer)) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { waiting.erase(at); }
};

}  // namespace

PgOutcomes::PgOutcomes(boost::asio::io_context& io, platform::postgres::Pool& pool, std::size_t waiting_max)
    : io_(io), pool_(pool), waiting_max_(waiting_max) {}

awaitable<void> PgOutcomes::wait(OrderId id, std::chrono::milliseconds limit) {
    if (draining_ || waiting_.size() >= waiting_max_) co_return;
    boost::asio::steady_timer bell{io_, limit};
    const Place place{waiting_, id, bell};
    boost::system::error_code rung;
    co_await bell.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, rung));
}

void PgOutcomes::drain() {
    draining_ = true;
    for (const auto& [id, bell] : waiting_) bell->cancel();
}

awaitable<void> PgOutcomes::look() {
    if (waiting_.empty()) co_return;
    std::vector<OrderId> ids;
    for (auto at = waiting_.begin(); at != waiting_.end(); at = waiting_.upper_bound(at->first))
        ids.push_back(at->first);
    const auto final = co_await read_final(pool_, std::move(ids));
    for (const auto& id : final) {
        const auto [first, last] = waiting_.equal_range(id);
        for (auto at = first; at != last; ++at) at->second->cancel();
    }
}

}  // namespace shop::order
