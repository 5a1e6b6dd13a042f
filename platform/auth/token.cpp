#include "platform/auth/token.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "platform/auth/base64url.hpp"
#include "platform/contract/parse.hpp"

namespace platform::auth {

namespace {

/// Later moments are typing errors or attacks; they would also overflow microseconds.
constexpr std::int64_t last_second = 253'402'300'799;

std::optional<boost::json::object> read_object(std::string_view text) {
    // The parser refuses duplicate members: two readers could each believe another one of them.
    auto value = contract::parse(text);
    if (!value || !value->is_object()) return std::nullopt;
    return std::move(value->get_object());
}

std::optional<std::string_view> string_member(const boost::json::object& object, std::string_view name) {
    const auto* member = object.if_contains(name);
    if (member == nullptr || !member->is_string()) return std::nullopt;
    return std::string_view{member->get_string()};
}

std::optional<Time> time_member(const boost::json::object& object, std::string_view name) {
    const auto* member = object.if_contains(name);
    if (member == nullptr || !member->is_int64()) return std::nullopt;
    const std::int64_t seconds = member->get_int64();
    if (seconds < 0 || seconds > last_second) return std::nullopt;
    return Time{std::chrono::seconds{seconds}};
}

bool is_role(std::string_view role) {
    return is_key_id(role);  // The same alphabet: one word, safe in a header and in a log line.
}

std::expected<std::string, TokenFault> read_header(std::string_view text) {
    const auto header = read_object(text);
    if (!header) return std::unexpected(TokenFault::malformed);
    if (string_member(*header, "alg") != "RS256") return std::unexpected(TokenFault::algorithm);
    if (string_member(*header, "typ") != "JWT") return std::unexpected(TokenFault::type);
    const auto kid = string_member(*header, "kid");
    if (!kid || !is_key_id(*kid)) return std::unexpected(TokenFault::key_unknown);
    if (header->size() != 3) return std::unexpected(TokenFault::header_member);
    return std::string{*kid};
}

std::expected<Time, TokenFault> check_times(const boost::json::object& claims, std::chrono::seconds leeway,
                                            Time now) {
    const auto issued_at = time_member(claims, "iat");
    const auto expires_at = time_member(claims, "exp");
    if (!issued_at || !expires_at) return std::unexpected(TokenFault::claim_missing);
    if (now >= *expires_at + leeway) return std::unexpected(TokenFault::expired);
    if (now + leeway < *issued_at) return std::unexpected(TokenFault::not_yet_valid);
    if (claims.contains("nbf")) {
        const auto not_before = time_member(claims, "nbf");
        if (!not_before || now + leeway < *not_before) return std::unexpected(TokenFault::not_yet_valid);
    }
    return *expires_at;
}

}  // namespace

std::expected<Token, TokenFault> take_apart(std::string_view text) {
    const auto malformed = std::unexpected(TokenFault::malformed);
    const auto first = text.find('.');
    if (first == std::string_view::npos) return malformed;
    const auto second = text.find('.', first + 1);
    if (second == std::string_view::npos) return malformed;

    const auto header = from_base64url(text.substr(0, first));
    auto payload = from_base64url(text.substr(first + 1, second - first - 1));
    auto signature = from_base64url(text.substr(second + 1));
    if (!header || !payload || !signature) return malformed;

    auto kid = read_header(*header);
    if (!kid) return std::unexpected(kid.error());
    if (signature->empty()) return std::unexpected(TokenFault::signature);
    return Token{std::move(*kid), text.substr(0, second), std::move(*signature), std::move(*payload)};
}

std::expected<Identity, TokenFault> read_claims(std::string_view payload, const VerifierConfig& config,
                                                Time now) {
    const auto claims = read_object(payload);
    if (!claims) return std::unexpected(TokenFault::malformed);
    for (const char* name : {"iss", "aud", "sub", "role", "jti"})
        if (!claims->contains(name)) return std::unexpected(TokenFault::claim_missing);
    if (string_member(*claims, "iss") != config.issuer) return std::unexpected(TokenFault::issuer);
    // One audience, as a string: a list would be good for several services of which one may be a stranger's.
    if (string_member(*claims, "aud") != config.audience) return std::unexpected(TokenFault::audience);
    const auto subject = Uuid::parse(string_member(*claims, "sub").value_or(""));
    if (!subject) return std::unexpected(TokenFault::subject);
    const auto role = string_member(*claims, "role").value_or("");
    if (!is_role(role)) return std::unexpected(TokenFault::role);
    const auto expires_at = check_times(*claims, config.leeway, now);
    if (!expires_at) return std::unexpected(expires_at.error());
    return Identity{*subject, {std::string{role}}, *expires_at};
}

}  // namespace platform::auth
