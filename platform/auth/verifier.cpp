#include "platform/auth/verifier.hpp"

#include <openssl/sha.h>

#include <boost/json.hpp>
#include <cstring>
#include <stdexcept>

#include "platform/auth/base64url.hpp"
#include "platform/auth/token.hpp"
#include "platform/telemetry/log.hpp"

namespace platform::auth {

namespace {

constexpr std::string_view public_key_suffix = ".pub.pem";
constexpr std::chrono::seconds leeway_max{60};

/// Empty when the file is not named like a public key.
std::string kid_of(const std::filesystem::path& file) {
    const std::string name = file.filename().string();
    if (!name.ends_with(public_key_suffix)) return {};
    return name.substr(0, name.size() - public_key_suffix.size());
}

}  // namespace

Verifier::Verifier(VerifierConfig config, const Clock& clock)
    : config_{std::move(config)},
      clock_{clock},
      keys_{read_keys(config_.public_keys)},
      keys_read_at_{clock.now()} {
    if (config_.leeway < std::chrono::seconds{0} || config_.leeway > leeway_max)
        throw std::invalid_argument("the leeway for token times must be 0 to 60 seconds");
}

std::expected<Identity, TokenFault> Verifier::verify(std::string_view token) {
    if (token.size() > config_.token_bytes_max) return std::unexpected(TokenFault::too_large);
    Digest digest;
    SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
    if (auto known = recall(digest)) return std::move(*known);
    return verify_afresh(token, digest);
}

std::expected<Identity, TokenFault> Verifier::verify_afresh(std::string_view text, const Digest& digest) {
    auto token = take_apart(text);
    if (!token) return std::unexpected(token.error());
    const auto known_key = key(token->kid);
    if (!known_key) return std::unexpected(TokenFault::key_unknown);
    if (!known_key->verifies(token->signed_part, token->signature))
        return std::unexpected(TokenFault::signature);
    auto identity = read_claims(token->payload, config_, clock_.now());
    if (identity) remember(digest, {*identity, std::move(token->kid)});
    return identity;
}

std::optional<Identity> Verifier::recall(const Digest& digest) {
    const std::lock_guard lock{mutex_};
    refresh_if_older(config_.refresh_interval);
    const auto found = verified_.find(digest);
    if (found == verified_.end()) return std::nullopt;
    // A key that was withdrawn takes its tokens with it, remembered or not.
    const Verified& verified = found->second;
    if (expired(verified.identity.expires_at) || !keys_.contains(verified.kid)) return std::nullopt;
    return verified.identity;
}

void Verifier::remember(const Digest& digest, Verified verified) {
    const std::lock_guard lock{mutex_};
    while (!order_.empty()) {
        const auto oldest = verified_.find(order_.front());
        if (order_.size() < config_.cache_entries_max && !expired(oldest->second.identity.expires_at)) break;
        verified_.erase(oldest);
        order_.pop_front();
    }
    if (config_.cache_entries_max == 0) return;
    if (verified_.try_emplace(digest, std::move(verified)).second) order_.push_back(digest);
}

std::optional<PublicKey> Verifier::key(std::string_view kid) {
    const std::lock_guard lock{mutex_};
    if (!keys_.contains(kid)) refresh_if_older(config_.reload_interval);
    const auto found = keys_.find(kid);
    if (found == keys_.end()) return std::nullopt;
    return found->second;
}

void Verifier::refresh_if_older(std::chrono::milliseconds age) {
    const Time now = clock_.now();
    if (now >= keys_read_at_ && now - keys_read_at_ < age) return;
    keys_read_at_ = now;
    try {
        keys_ = read_keys(config_.public_keys);
    } catch (const std::exception& error) {
        // Half a rotation (a file not yet complete) must not lock everybody out: the former keys stay.
        telemetry::log_warn("public keys not read again", {{"reason", error.what()}});
    }
}

bool Verifier::expired(Time expires_at) const { return clock_.now() >= expires_at + config_.leeway; }

Verifier::Keys Verifier::read_keys(const std::filesystem::path& directory) {
    Keys keys;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator{directory, error}) {
        const std::string kid = kid_of(entry.path());
        if (is_key_id(kid)) keys.emplace(kid, PublicKey{entry.path()});
    }
    if (keys.empty())
        throw std::runtime_error("no <key id>.pub.pem in " + directory.string() +
                                 (error ? " (" + error.message() + ")" : std::string{}));
    return keys;
}

std::string Verifier::jwks() const {
    const std::lock_guard lock{mutex_};
    boost::json::array list;
    for (const auto& [kid, key] : keys_)
        list.push_back(boost::json::object{{"kty", "RSA"},
                                           {"use", "sig"},
                                           {"alg", "RS256"},
                                           {"kid", kid},
                                           {"n", base64url(key.modulus())},
                                           {"e", base64url(key.exponent())}});
    return boost::json::serialize(boost::json::object{{"keys", std::move(list)}});
}

std::size_t Verifier::remembered() const {
    const std::lock_guard lock{mutex_};
    return verified_.size();
}

std::size_t Verifier::DigestHash::operator()(const Digest& digest) const {
    std::size_t hash;
    std::memcpy(&hash, digest.data(), sizeof hash);
    return hash;
}

std::string_view text(TokenFault fault) {
    switch (fault) {
        case TokenFault::too_large: return "too large";
        case TokenFault::malformed: return "malformed";
        case TokenFault::algorithm: return "algorithm not allowed";
        case TokenFault::type: return "not an access token";
        case TokenFault::header_member: return "header member not allowed";
        case TokenFault::key_unknown: return "key unknown";
        case TokenFault::signature: return "signature wrong";
        case TokenFault::claim_missing: return "claim missing";
        case TokenFault::issuer: return "issuer wrong";
        case TokenFault::audience: return "audience wrong";
        case TokenFault::subject: return "subject is no id";
        case TokenFault::role: return "role is no word";
        case TokenFault::expired: return "expired";
        case TokenFault::not_yet_valid: return "not yet valid";
    }
    return "unknown";
}

}  // namespace platform::auth
