#include "services/user-service/app/infrastructure/jwt_tokens.hpp"

#include <stdexcept>

namespace shop::user {

namespace {

std::string role_name(UserRole role) {
    switch (role) {
        case UserRole::customer: return "customer";
        case UserRole::admin: return "admin";
    }
    throw std::logic_error("a role without a name");
}

}  // namespace

JwtTokens::JwtTokens(const platform::auth::Signer& signer, platform::auth::Verifier& verifier,
                     TokenTerms terms, Time now)
    : signer_{signer}, verifier_{verifier}, terms_{std::move(terms)} {
    const auto accepted = verifier_.verify(issue({}, {}, now).text);
    if (!accepted)
        throw std::runtime_error("tokens signed with key " + signer_.kid() + " do not pass our own check: " +
                                 std::string{platform::auth::text(accepted.error())});
}

AccessToken JwtTokens::issue(const User& user, platform::Uuid token_id, Time now) {
    return {signer_.sign({.issuer = terms_.issuer,
                          .audience = terms_.audience,
                          .subject = user.id.value,
                          .role = role_name(user.role),
                          .token_id = token_id,
                          .issued_at = now,
                          .expires_at = now + terms_.lifetime}),
            terms_.lifetime};
}

}  // namespace shop::user
