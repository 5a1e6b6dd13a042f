#include "services/payment-service/app/infrastructure/workers.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "platform/telemetry/log.hpp"
#include "services/payment-service/app/application/work.hpp"

namespace shop::payment {

GroupRecorder::GroupRecorder(boost::asio::io_context& io, Ports ports,
                             platform::postgres::BatcherConfig batches)
    : reports_(io, batches,
               [ports](std::vector<Report> reports) { return record_reports(ports, std::move(reports)); }) {}

awaitable<std::optional<Payment>> GroupRecorder::record(Report report) {
    co_return co_await reports_.submit(std::move(report));
}

awaitable<void> GroupRecorder::stop() {
    reports_.stop();
    co_return;
}

struct Workers::Core {
    boost::asio::io_context& io;
    Ports ports;
    WorkersConfig config;
    platform::telemetry::Gauge& active_gauge;
    platform::telemetry::Counter& failures;
    std::size_t active = 0;
    bool claiming = false;
    bool again = false;  // Something became due while we were claiming.
    bool stopped = false;
    boost::asio::steady_timer at_rest{io};

    bool full() const { return active >= config.payments_max; }
};

Workers::Workers(boost::asio::io_context& io, Ports ports, WorkersConfig config,
                 platform::telemetry::Metrics& metrics)
    : core_(std::make_shared<Core>(
          io, ports, config, metrics.gauge("shop_payments_driven", "Payments that this replica is driving."),
          metrics.counter("shop_payment_work_failures_total",
                          "Payments left to their lease after a failure."))) {}

void Workers::wake() {
    core_->again = true;
    if (core_->claiming || core_->stopped || core_->full()) return;
    boost::asio::co_spawn(core_->io, claim_quietly(core_), boost::asio::detached);
}

awaitable<void> Workers::look() { return claim_some(core_); }

awaitable<void> Workers::stop() {
    const auto core = core_;
    core->stopped = true;
    const auto deadline = std::chrono::steady_clock::now() + core->config.drain;
    while ((core->active > 0 || core->claiming) && std::chrono::steady_clock::now() < deadline) {
        core->at_rest.expires_at(deadline);
        boost::system::error_code rung;
        co_await core->at_rest.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, rung));
    }
    if (core->active > 0)
        platform::telemetry::log_warn("payments under way are left to their leases",
                                      {{"payments", static_cast<std::int64_t>(core->active)}});
}

std::chrono::milliseconds Workers::poll() const { return core_->config.poll; }

awaitable<void> Workers::claim_some(std::shared_ptr<Core> core) {
    if (core->claiming) co_return;
    core->claiming = true;
    const std::shared_ptr<void> done{nullptr, [core](void*) {
                                         core->claiming = false;
                                         core->at_rest.cancel();
                                     }};
    do {
        core->again = false;
        if (core->stopped || core->full()) co_return;
        const auto places = core->config.payments_max - core->active;
        auto claimed = co_await claim(core->ports, places);
        if (claimed.size() == places) core->again = true;
        for (auto& payment : claimed) {
            core->active_gauge.set(static_cast<double>(++core->active));
            boost::asio::co_spawn(core->io, drive_one(core, std::move(payment)), boost::asio::detached);
        }
    } while (core->again);
}

awaitable<void> Workers::claim_quietly(std::shared_ptr<Core> core) {
    try {
        co_await claim_some(core);
    } catch (const std::exception&) {
        // The regular look follows within `poll`, meets the same trouble, and is where it is counted and
        // told.
    }
}

awaitable<void> Workers::drive_one(std::shared_ptr<Core> core, Payment payment) {
    const auto order = payment.order_id.text();
    try {
        co_await drive(core->ports, std::move(payment));
    } catch (
        const std::exception& failure) {  // The edge of a background loop: the lease brings the payment back.
        core->failures.add();
        platform::telemetry::log_error("a payment is left to its lease",
                                       {{"order_id", order}, {"why", failure.what()}});
    }
    const bool was_full = core->full();
    core->active_gauge.set(static_cast<double>(--core->active));
    core->at_rest.cancel();
    if (was_full && !core->claiming && !core->stopped)
        boost::asio::co_spawn(core->io, claim_quietly(core), boost::asio::detached);
}

}  // namespace shop::payment
