#pragma once

#include "platform/http/client.hpp"
#include "platform/telemetry/metrics.hpp"
#include "services/payment-service/app/application/ports.hpp"

namespace shop::payment {

/// Stripe's PaymentIntents and Refunds (API version 2024-06-20), or the provider simulator, which speaks the
/// same. An answer is taken at its word only when it is about the right payment and the right amount;
/// everything else is Unknown.
class Stripe final : public Provider {
  public:
    Stripe(platform::http::Client& client, std::string secret_key, platform::telemetry::Metrics& metrics);

    awaitable<Answer> make(Call call) override;

  private:
    platform::http::Client& client_;
    std::string authorization_;
    platform::telemetry::Metrics& metrics_;
};

/// The request that a call is, without the secret key; and what a response to it means. Pure, so that every
/// documented answer of the provider can be tested without a network.
platform::http::ClientRequest request_of(const Call& call);
Answer answer_of(const Call& call, int status, std::string_view body);

}  // namespace shop::payment
