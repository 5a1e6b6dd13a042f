#include "tools/audit/online.hpp"

#include <algorithm>

#include "platform/telemetry/log.hpp"

namespace shop::audit {

namespace {

using platform::telemetry::Counter;
using platform::telemetry::Gauge;
using platform::telemetry::log_error;
using platform::telemetry::log_info;
using platform::telemetry::log_warn;
using platform::telemetry::Metrics;
using std::chrono::milliseconds;

constexpr milliseconds pause_max{60'000};

double seconds(auto duration) { return std::chrono::duration<double>(duration).count(); }

/// So long that rounds take their share of the time and no more.
milliseconds pause_after(milliseconds took, const OnlineLimits& limits) {
    const auto for_share = took * (100 - limits.share_percent) / limits.share_percent;
    return std::clamp(for_share, std::max(limits.interval - took, milliseconds{0}),
                      std::max(pause_max, limits.interval));
}

}  // namespace

struct Online::Probe {
    explicit Probe(Metrics& metrics)
        : comparisons(metrics.counter("shop_audit_comparisons_total", "Comparisons of the books made.")),
          orders(metrics.counter("shop_audit_orders_compared_total", "Orders looked at, each time it was.")),
          passes(metrics.gauge("shop_audit_full_passes", "Times that all orders were looked at.")),
          age(metrics.gauge("shop_audit_age_seconds", "Since the last comparison, or since the start.")),
          duration(metrics.gauge("shop_audit_duration_seconds", "That the last comparison took.")),
          behind(
              metrics.gauge("shop_audit_behind_seconds",
                            "How much older than the grace the oldest order is that was never looked at.")) {}
    Counter &comparisons, &orders;
    Gauge &passes, &age, &duration, &behind;
};

Online::Online(Sources sources, RoundLimits rounds, OnlineLimits limits, Metrics& metrics)
    : limits_(limits),
      metrics_(metrics),
      rounds_(std::move(sources), rounds),
      probe_(std::make_unique<Probe>(metrics)) {}

Online::~Online() {
    ask_to_stop();
    if (thread_.joinable()) thread_.join();
}

void Online::start() {
    thread_ = std::thread([this] { run(); });
}

void Online::ask_to_stop() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
}

bool Online::ended(milliseconds patience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [this] { return ended_ || !thread_.joinable(); });
}

std::string Online::report() const {
    const std::lock_guard lock(mutex_);
    return report_;
}

std::optional<milliseconds> Online::age() const {
    const std::lock_guard lock(mutex_);
    if (!made_) return std::nullopt;
    return std::chrono::duration_cast<milliseconds>(Clock::now() - *made_);
}

void Online::show_age() {
    const auto since_start = std::chrono::duration_cast<milliseconds>(Clock::now() - began_);
    probe_->age.set(seconds(age().value_or(since_start)));
}

/// False when it is time to stop.
bool Online::wait(milliseconds pause) {
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, pause, [this] { return stopping_; });
}

void Online::run() {
    milliseconds pause{0};
    while (wait(pause)) {
        const auto began = Clock::now();
        std::string failure;
        try {
            make_round();
        } catch (const std::exception& error) {
            failure = error.what();
            if (failure.empty()) failure = "no reason given";
        }
        tell_sources(failure);
        const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - began);
        // A round that failed has most likely been waiting, which costs nobody anything.
        pause = failure.empty() ? pause_after(took, limits_) : limits_.interval;
    }
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
}

void Online::make_round() {
    rounds_.make([this] {
        const std::lock_guard lock(mutex_);
        return stopping_;
    });
    const auto checks = rounds_.checks();
    const auto& extent = rounds_.extent();
    tell_checks(checks);
    probe_->comparisons.add();
    probe_->orders.add(static_cast<double>(extent.orders - orders_told_));
    orders_told_ = extent.orders;
    probe_->passes.set(static_cast<double>(rounds_.full_passes()));
    probe_->duration.set(seconds(extent.took));
    probe_->behind.set(seconds(rounds_.behind()));
    auto report = json_report(checks, extent);
    {
        const std::lock_guard lock(mutex_);
        report_ = std::move(report);
        made_ = Clock::now();
    }
    show_age();
}

void Online::tell_checks(const Checks& checks) {
    for (const auto& check : checks) {
        const std::string id(check.id);
        if (check.not_applicable.empty())
            metrics_
                .gauge("shop_books_unbalanced", "Findings of a check that stand; zero is right.",
                       {{"check", id}})
                .set(static_cast<double>(check.count));
        auto& told = wrong_[id];
        if (check.count > told && check.worst)
            log_error("the books do not balance", {{"check", id},
                                                   {"statement", check.statement},
                                                   {"findings", check.count},
                                                   {"worst", check.worst->subject},
                                                   {"detail", check.worst->detail}});
        else if (check.count == 0 && told > 0)
            log_info("the books balance again", {{"check", id}});
        told = check.count;
    }
}

/// `databases` is why they could not be compared; empty: they were.
void Online::tell_sources(const std::string& databases) {
    auto failures = rounds_.sources();
    failures["databases"] = databases;
    for (const auto& [source, why] : failures) {
        auto& failed = metrics_.counter("shop_audit_failures_total", "Attempts to ask a source that failed.",
                                        {{"source", source}});
        auto& failing =
            metrics_.gauge("shop_audit_failing", "1 while a source cannot be asked.", {{"source", source}});
        failed.add(why.empty() ? 0 : 1);
        failing.set(why.empty() ? 0 : 1);
        auto& away = away_[source];
        if (!why.empty() && !away)
            log_warn("the books cannot be compared", {{"source", source}, {"reason", why}});
        if (why.empty() && away) log_info("the books can be compared again", {{"source", source}});
        away = !why.empty();
    }
}

}  // namespace shop::audit
