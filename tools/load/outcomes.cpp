#include "tools/load/outcomes.hpp"

#include <algorithm>
#include <boost/describe/enum_to_string.hpp>

#include "shared/app/enums/order_status.hpp"

namespace shop::load {

namespace {

using platform::awaitable;
using platform::Uuid;
using Moment = std::chrono::steady_clock::time_point;

constexpr std::chrono::milliseconds look_every{100};

struct SeenOrder {
    Uuid id;
    OrderStatus status{};
    std::optional<CancelReason> cancel_reason;
    platform::Time updated_at;

    bool final() const { return status == OrderStatus::confirmed || status == OrderStatus::cancelled; }
};
BOOST_DESCRIBE_STRUCT(SeenOrder, (), (id, status, cancel_reason, updated_at))

struct OrderPage {
    std::vector<SeenOrder> items;
    std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(OrderPage, (), (items, next))

bool all_final(const std::vector<SeenOrder>& orders) {
    return std::ranges::all_of(orders, &SeenOrder::final);
}

awaitable<OrderPage> page_of(ShopApi& api, std::string token, std::string after) {
    co_return co_await api.get<OrderPage>("order",
                                          {.target = "/orders?limit=100" + after, .token = std::move(token)});
}

/// The customer's orders whose ids are among these, which are sorted. Pages come newest first, and ids ascend
/// with time, so the rest is older from the first id on.
awaitable<std::vector<SeenOrder>> orders_among(ShopApi& api, std::string token,
                                               const std::vector<Uuid>& ids) {
    std::vector<SeenOrder> found;
    std::string after;
    while (true) {
        auto page = co_await page_of(api, token, after);
        for (auto& order : page.items)
            if (std::ranges::binary_search(ids, order.id)) found.push_back(std::move(order));
        if (!page.next || page.items.back().id < ids.front()) co_return found;
        after = "&after=" + *page.next;
    }
}

void count(Outcomes& outcomes, const SeenOrder& order) {
    if (!order.final()) {
        ++outcomes.unfinished;
        return;
    }
    outcomes.last_final = std::max(outcomes.last_final, order.updated_at);
    if (order.status == OrderStatus::confirmed) {
        ++outcomes.confirmed;
        return;
    }
    ++outcomes.cancelled;
    if (order.cancel_reason)
        ++outcomes.reasons[boost::describe::enum_to_string(*order.cancel_reason, "other")];
}

}  // namespace

awaitable<void> wait_until_quiet(ShopApi& api, const std::vector<Customer>& customers, Moment deadline) {
    for (const auto& customer : customers) {
        while (std::chrono::steady_clock::now() < deadline) {
            const auto page = co_await page_of(api, customer.token, "");
            if (all_final(page.items)) break;
            co_await pause(look_every);
        }
    }
}

awaitable<Outcomes> read_outcomes(ShopApi& api, const std::vector<Customer>& customers, std::vector<Uuid> ids,
                                  Moment deadline) {
    Outcomes outcomes;
    if (ids.empty()) co_return outcomes;
    std::ranges::sort(ids);
    std::int64_t found = 0;
    for (const auto& customer : customers) {
        auto orders = co_await orders_among(api, customer.token, ids);
        while (!all_final(orders) && std::chrono::steady_clock::now() < deadline) {
            co_await pause(10 * look_every);
            orders = co_await orders_among(api, customer.token, ids);
        }
        for (const auto& order : orders) count(outcomes, order);
        found += std::ssize(orders);
    }
    outcomes.missing = std::ssize(ids) - found;
    co_return outcomes;
}

}  // namespace shop::load
