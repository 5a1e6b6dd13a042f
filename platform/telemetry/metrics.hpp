#pragma once

#include <memory>
#include <string>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace platform::telemetry {

/// Only ever grows. Cheap and thread-safe.
class Counter {
  public:
    explicit Counter(prometheus::Counter& inner) : inner_(inner) {}
    void add(double amount = 1);
    double value() const;

  private:
    prometheus::Counter& inner_;
};

/// What is so now. Cheap and thread-safe.
class Gauge {
  public:
    explicit Gauge(prometheus::Gauge& inner) : inner_(inner) {}
    void set(double value);
    void add(double amount = 1);
    double value() const;

  private:
    prometheus::Gauge& inner_;
};

/// How observed values spread over buckets. Thread-safe.
class Histogram {
  public:
    explicit Histogram(prometheus::Histogram& inner) : inner_(inner) {}
    void observe(double value);

  private:
    prometheus::Histogram& inner_;
};

struct Label {
    std::string name;
    std::string value;
};

using Labels = std::vector<Label>;

/// Upper bounds in seconds that suit a request, a statement or a message: half a millisecond to ten seconds.
std::vector<double> seconds_buckets();

/// The metrics of one process, made in main and handed down by reference. A metric asked for twice by the
/// same name and labels is the same metric. Looking one up takes a lock and a few allocations, so whoever
/// counts often keeps the reference, which lives as long as a handle of the registry. Throws
/// std::invalid_argument for a name or a label that Prometheus would refuse, and for one name with two kinds:
/// both are mistakes in the program.
class Metrics {
  public:
    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
    Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});
    Histogram& histogram(const std::string& name, const std::string& help, const Labels& labels = {},
                         const std::vector<double>& buckets = seconds_buckets());

    /// Another handle of the same registry, for what may be destroyed after its maker: the frames of
    /// coroutines that an io_context still holds end with it.
    Metrics share() const;

    /// Everything in the Prometheus text format.
    std::string text() const;

    /// Names of all metrics, sorted: what a golden list is compared with.
    std::vector<std::string> names() const;

  private:
    struct Registry;
    explicit Metrics(std::shared_ptr<Registry> registry);

    std::shared_ptr<Registry> registry_;
};

}  // namespace platform::telemetry
