#include "platform/postgres/probe.hpp"

#include <string>

#include "platform/postgres/statement.hpp"

namespace platform::postgres {

namespace {

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

telemetry::Labels label(const std::string& pool) {
    return pool.empty() ? telemetry::Labels{} : telemetry::Labels{{"pool", pool}};
}

}  // namespace

Probe::Probe(telemetry::Metrics& metrics, const std::string& pool)
    : metrics_(metrics),
      connections_(
          metrics.gauge("postgres_pool_connections", "Connections open, idle or in use", label(pool))),
      in_use_(metrics.gauge("postgres_pool_in_use", "Connections somebody holds", label(pool))),
      wait_seconds_(metrics.histogram("postgres_pool_wait_seconds", "Time a caller waited for a connection",
                                      label(pool))),
      connect_failures_(
          metrics.counter("postgres_connect_failures_total", "Connections that could not be made")) {}

void Probe::pool(std::size_t connections, std::size_t in_use) {
    if (muted_) return;
    connections_.set(static_cast<double>(connections));
    in_use_.set(static_cast<double>(in_use));
}

void Probe::waited(std::chrono::nanoseconds time) {
    if (!muted_) wait_seconds_.observe(seconds(time));
}

void Probe::connect_failed() {
    if (!muted_) connect_failures_.add();
}

void Probe::ran(const StatementBase& statement, std::chrono::nanoseconds time) {
    if (muted_) return;
    if (statement_seconds_.size() <= statement.serial()) statement_seconds_.resize(statement.serial() + 1);
    auto*& histogram = statement_seconds_[statement.serial()];
    if (!histogram)
        histogram =
            &metrics_.histogram("postgres_statement_seconds",
                                "Time from the answer before it, or the start of its flight, to its answer",
                                {{"statement", statement.name()}});
    histogram->observe(seconds(time));
}

void Probe::failed(std::string_view sqlstate) {
    if (muted_) return;
    auto name = sqlstate.empty() ? std::string("lost") : std::string(sqlstate.substr(0, 2));
    metrics_.counter("postgres_errors_total", "Failed flights by class of SQLSTATE", {{"class", name}}).add();
}

}  // namespace platform::postgres
