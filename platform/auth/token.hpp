#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "platform/auth/verifier.hpp"

namespace platform::auth {

/// A compact JWS taken apart; nothing about it is believed yet.
struct Token {
    std::string kid;
    std::string_view signed_part;  // Points into the text that was given.
    std::string signature;
    std::string payload;
};

/// Takes a token apart and checks its header: alg is RS256, typ is JWT, kid is a key id, and there is nothing
/// else in it. A header that brings its own key (jwk, jku, x5c) or demands something (crit) is refused.
std::expected<Token, TokenFault> take_apart(std::string_view text);

/// Reads the claims of a token whose signature held. `now` decides about the times.
std::expected<Identity, TokenFault> read_claims(std::string_view payload, const VerifierConfig& config,
                                                Time now);

}  // namespace platform::auth
