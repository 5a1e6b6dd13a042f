#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <expected>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "platform/auth/identity.hpp"
#include "platform/auth/rsa.hpp"
#include "platform/base/clock.hpp"

namespace platform::auth {

struct VerifierConfig {
    /// Directory of `<kid>.pub.pem` files. Only these keys count; nothing in a token can name another.
    std::filesystem::path public_keys;
    std::string issuer;
    std::string audience;
    /// How far the clocks of two machines may differ; at most 60 seconds.
    std::chrono::seconds leeway{5};
    std::size_t token_bytes_max = 4096;
    /// Verified tokens remembered, about 200 bytes each.
    std::size_t cache_entries_max = 20'000;
    /// An unknown kid reads the directory again, but not more often than this: a stranger's tokens must not
    /// keep the disk busy.
    std::chrono::milliseconds reload_interval{2'000};
    /// The directory is also read again when this old, so that a withdrawn key loses its force.
    std::chrono::milliseconds refresh_interval{60'000};
};

/// Why a token was refused. For logs and tests: a client is told only that the token is not valid.
enum class TokenFault {
    too_large,
    malformed,
    algorithm,
    type,
    header_member,
    key_unknown,
    signature,
    claim_missing,
    issuer,
    audience,
    subject,
    role,
    expired,
    not_yet_valid,
};

std::string_view text(TokenFault fault);

/// Checks access tokens: RS256 only, known key, signature, type, issuer, audience, subject and times. A
/// verified token is remembered by its SHA-256 until it expires, because a verification costs some 30
/// microseconds. Safe from any thread.
class Verifier {
  public:
    /// Throws std::runtime_error when the directory holds no key or a broken one, std::invalid_argument when
    /// the leeway is over 60 seconds. The clock must outlive the verifier.
    Verifier(VerifierConfig config, const Clock& clock);

    std::expected<Identity, TokenFault> verify(std::string_view token);

    /// The public keys as a JSON web key set (RFC 7517).
    std::string jwks() const;

    /// Tokens remembered at the moment.
    std::size_t remembered() const;

  private:
    using Keys = std::map<std::string, PublicKey, std::less<>>;
    using Digest = std::array<std::uint8_t, 32>;
    struct DigestHash {
        std::size_t operator()(const Digest& digest) const;
    };
    struct Verified {
        Identity identity;
        std::string kid;
    };

    static Keys read_keys(const std::filesystem::path& directory);

    std::expected<Identity, TokenFault> verify_afresh(std::string_view token, const Digest& digest);
    std::optional<Identity> recall(const Digest& digest);
    void remember(const Digest& digest, Verified verified);
    std::optional<PublicKey> key(std::string_view kid);
    void refresh_if_older(std::chrono::milliseconds age);
    bool expired(Time expires_at) const;

    const VerifierConfig config_;
    const Clock& clock_;
    mutable std::mutex mutex_;  // Guards everything below.
    Keys keys_;
    Time keys_read_at_;
    std::unordered_map<Digest, Verified, DigestHash> verified_;
    std::deque<Digest> order_;  // As inserted: tokens live equally long, so the first expires first.
};

}  // namespace platform::auth
