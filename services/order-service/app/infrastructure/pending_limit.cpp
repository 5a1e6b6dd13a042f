#include "services/order-service/app/infrastructure/pending_limit.hpp"

namespace shop::order {
namespace {

struct OpenOrders {
    std::int64_t pending = 0;
    std::int64_t cancelling = 0;
};
BOOST_DESCRIBE_STRUCT(OpenOrders, (), (pending, cancelling))

const platform::postgres::Statement<OpenOrders()> count_open{"order.count_open", R"sql(
select count(*) filter (where status = 'pending') as pending,
       count(*) filter (where status = 'cancelling') as cancelling
from orders where status in ('pending', 'cancelling'))sql"};

}  // namespace

PendingLimit::PendingLimit(platform::postgres::Pool& pool, AdmissionConfig config,
                           platform::telemetry::Metrics& metrics)
    : pool_(pool),
      config_(config),
      pending_gauge_(
          metrics.gauge("shop_orders_open", "Orders that are not final.", {{"status", "pending"}})),
      cancelling_gauge_(
          metrics.gauge("shop_orders_open", "Orders that are not final.", {{"status", "cancelling"}})),
      refused_(
          metrics.counter("shop_orders_not_admitted_total", "Orders refused because too many are open.")) {}

bool PendingLimit::admit() {
    if (pending_ + accepted_since_ >= config_.pending_max || cancelling_ >= config_.cancelling_max) {
        refused_.add();
        return false;
    }
    ++accepted_since_;
    return true;
}

awaitable<void> PendingLimit::sample() {
    const auto before = accepted_since_;
    const auto open = co_await pool_.run(count_open);
    pending_ = open.pending;
    cancelling_ = open.cancelling;
    accepted_since_ -= before;  // What was accepted while we counted may not have been counted.
    pending_gauge_.set(static_cast<double>(open.pending));
    cancelling_gauge_.set(static_cast<double>(open.cancelling));
}

}  // namespace shop::order
