#pragma once

#include "platform/auth/signer.hpp"
#include "platform/auth/verifier.hpp"
#include "services/user-service/app/application/ports.hpp"

namespace shop::user {

struct TokenTerms {
    std::string issuer;
    std::string audience;
    std::chrono::seconds lifetime;
};

/// Access tokens as RS256 JSON web tokens. Signer and verifier must outlive it.
class JwtTokens final : public Tokens {
  public:
    /// Throws std::runtime_error when the verifier does not accept what the signer signs: every token would
    /// be refused, so it is better not to start.
    JwtTokens(const platform::auth::Signer& signer, platform::auth::Verifier& verifier, TokenTerms terms,
              Time now);

    AccessToken issue(const User& user, platform::Uuid token_id, Time now) override;
    std::string key_set() const override { return verifier_.jwks(); }

  private:
    const platform::auth::Signer& signer_;
    platform::auth::Verifier& verifier_;
    const TokenTerms terms_;
};

}  // namespace shop::user
