#include "platform/telemetry/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <stdexcept>

#include "platform/telemetry/log.hpp"

namespace platform::telemetry {
namespace {

using Key = std::pair<std::string, std::map<std::string, std::string>>;

std::map<std::string, std::string> label_map(const Labels& labels) {
    std::map<std::string, std::string> map;
    for (const auto& label : labels)
        if (!map.emplace(label.name, label.value).second)
            throw std::invalid_argument("the label " + label.name + " is given twice");
    return map;
}

/// Finds the metric or makes it with `make`; nodes of a map do not move, so the reference stays good.
template <class Wrapper, class Make>
Wrapper& find_or_make(std::map<Key, Wrapper>& known, const std::string& name, const Labels& labels,
                      Make make) {
    Key key{name, label_map(labels)};
    const auto found = known.find(key);
    if (found != known.end()) return found->second;
    auto& inner = make(key.second);
    return known.emplace(std::move(key), Wrapper(inner)).first->second;
}

}  // namespace

struct Metrics::Registry {
    std::mutex mutex;
    prometheus::Registry inner{prometheus::Registry::InsertBehavior::Merge};
    std::map<Key, Counter> counters;
    std::map<Key, Gauge> gauges;
    std::map<Key, Histogram> histograms;
    prometheus::Counter& log_lines_dropped = prometheus::BuildCounter()
                                                 .Name("log_lines_dropped_total")
                                                 .Help("Log lines lost because their reader was slow.")
                                                 .Register(inner)
                                                 .Add({});
};

void Counter::add(double amount) { inner_.Increment(amount); }
double Counter::value() const { return inner_.Value(); }

void Gauge::set(double value) { inner_.Set(value); }
void Gauge::add(double amount) { inner_.Increment(amount); }
double Gauge::value() const { return inner_.Value(); }

void Histogram::observe(double value) { inner_.Observe(value); }

std::vector<double> seconds_buckets() {
    return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
}

Metrics::Metrics() : Metrics(std::make_shared<Registry>()) {}
Metrics::Metrics(std::shared_ptr<Registry> registry) : registry_(std::move(registry)) {}
Metrics Metrics::share() const { return Metrics(registry_); }
Metrics::~Metrics() = default;

Counter& Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
    const std::lock_guard lock(registry_->mutex);
    return find_or_make(registry_->counters, name, labels, [&](const auto& map) -> prometheus::Counter& {
        return prometheus::BuildCounter().Name(name).Help(help).Register(registry_->inner).Add(map);
    });
}

Gauge& Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
    const std::lock_guard lock(registry_->mutex);
    return find_or_make(registry_->gauges, name, labels, [&](const auto& map) -> prometheus::Gauge& {
        return prometheus::BuildGauge().Name(name).Help(help).Register(registry_->inner).Add(map);
    });
}

Histogram& Metrics::histogram(const std::string& name, const std::string& help, const Labels& labels,
                              const std::vector<double>& buckets) {
    const std::lock_guard lock(registry_->mutex);
    return find_or_make(registry_->histograms, name, labels, [&](const auto& map) -> prometheus::Histogram& {
        return prometheus::BuildHistogram()
            .Name(name)
            .Help(help)
            .Register(registry_->inner)
            .Add(map, buckets);
    });
}

std::string Metrics::text() const {
    {
        // The log cannot count into a registry it does not know, so its count is fetched when somebody looks.
        const std::lock_guard lock(registry_->mutex);
        auto& dropped = registry_->log_lines_dropped;
        dropped.Increment(static_cast<double>(dropped_log_lines()) - dropped.Value());
    }
    return prometheus::TextSerializer().Serialize(registry_->inner.Collect());
}

std::vector<std::string> Metrics::names() const {
    std::vector<std::string> names;
    for (const auto& family : registry_->inner.Collect()) names.push_back(family.name);
    std::ranges::sort(names);
    return names;
}

}  // namespace platform::telemetry
