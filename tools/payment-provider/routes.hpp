#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <string>

#include "platform/http/message.hpp"
#include "platform/telemetry/metrics.hpp"
#include "tools/payment-provider/journal.hpp"
#include "tools/payment-provider/provider.hpp"

namespace shop::provider {

struct RoutesSettings {
    std::string key;                        // The secret key that callers authenticate with.
    std::chrono::milliseconds slow{3'000};  // How late a slow answer is.
};

/// The provider as HTTP: Stripe's paths, authentication and form encoding, the simulator's own
/// /_simulator/faults, health and metrics. Everything it refers to outlives the requests that it handles.
class Routes {
  public:
    Routes(boost::asio::io_context& context, Provider& provider, Journal& journal, RoutesSettings settings,
           platform::telemetry::Metrics& metrics);

    platform::awaitable<platform::http::Response> handle(platform::http::Request request);

    platform::http::Handler handler() {
        return [this](platform::http::Request request) { return handle(std::move(request)); };
    }

    /// From now on /health/ready answers 503.
    void announce_drain() { draining_ = true; }

    /// Writes effects that no request caused to the log.
    void record(const std::vector<Effect>& effects);

  private:
    platform::awaitable<platform::http::Response> serve(Call call);
    platform::http::Response faults(const platform::http::Request& request);
    bool authentic(const platform::http::Headers& headers) const;
    void count(const Call& call, const Reply& reply);

    boost::asio::io_context& context_;
    Provider& provider_;
    Journal& journal_;
    const RoutesSettings settings_;
    platform::telemetry::Metrics& metrics_;
    // Looking a metric up takes a lock, so those of the hot path are kept.
    std::array<platform::telemetry::Counter*, call_kinds.size()> calls_{};
    std::array<platform::telemetry::Counter*, events.size()> effects_{};
    std::array<platform::telemetry::Counter*, all_faults.size() + 1> faults_{};
    platform::telemetry::Counter& replayed_;
    bool draining_ = false;
};

}  // namespace shop::provider
