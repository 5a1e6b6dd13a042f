#include "services/payment-service/app/infrastructure/workers.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "platform/base/ensure.hpp"
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
    std::size_t taken = 0;   // Places: reserved, or with a payment that is driven.
    std::size_t driven = 0;  // Payments.
    bool claiming = false;
    bool again = false;  // Something became due while we were claiming.
    bool stopped = false;
    boost::asio::steady_timer at_rest{io};

    bool full() const { return taken >= config.payments_max; }
    std::size_t free() const { return stopped || full() ? 0 : config.payments_max - taken; }
    void give_back(std::size_t places) {
        taken -= places;
        at_rest.cancel();
    }
    void count_driven(std::size_t now) { active_gauge.set(static_cast<double>(driven = now)); }
};

class Workers::Reserved final : public Places {
  public:
    Reserved(std::shared_ptr<Core> core, std::size_t count) : core_(std::move(core)), count_(count) {
        core_->taken += count_;
    }
    ~Reserved() override { core_->give_back(count_); }
    Reserved(const Reserved&) = delete;
    Reserved& operator=(const Reserved&) = delete;

    std::size_t count() const override { return count_; }
    void drive(std::vector<Payment> leased) override {
        platform::ensure(leased.size() <= count_, "a payment to drive has a place");
        for (auto& payment : leased) {
            --count_;  // From here on the worker's, which gives it back.
            core_->count_driven(core_->driven + 1);
            boost::asio::co_spawn(core_->io, drive_one(core_, std::move(payment)), boost::asio::detached);
        }
    }

  private:
    const std::shared_ptr<Core> core_;
    std::size_t count_;
};

Workers::Workers(boost::asio::io_context& io, Ports ports, WorkersConfig config,
                 platform::telemetry::Metrics& metrics)
    : core_(std::make_shared<Core>(
          io, ports, config, metrics.gauge("shop_payments_driven", "Payments that this replica is driving."),
          metrics.counter("shop_payment_work_failures_total",
                          "Payments left to their lease after a failure."))) {}

std::unique_ptr<Places> Workers::reserve(std::size_t wanted) {
    return std::make_unique<Reserved>(core_, std::min(wanted, core_->free()));
}

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
    while ((core->taken > 0 || core->claiming) && std::chrono::steady_clock::now() < deadline) {
        core->at_rest.expires_at(deadline);
        boost::system::error_code rung;
        co_await core->at_rest.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, rung));
    }
    if (core->driven > 0)
        platform::telemetry::log_warn("payments under way are left to their leases",
                                      {{"payments", static_cast<std::int64_t>(core->driven)}});
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
        if (core->free() == 0) co_return;
        Reserved places{core, core->free()};
        auto claimed = co_await claim(core->ports, places.count());
        if (claimed.size() == places.count()) core->again = true;
        places.drive(std::move(claimed));
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
    core->count_driven(core->driven - 1);
    core->give_back(1);
    if (was_full && !core->claiming && !core->stopped)
        boost::asio::co_spawn(core->io, claim_quietly(core), boost::asio::detached);
}

}  // namespace shop::payment
