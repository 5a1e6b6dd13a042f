#include "platform/auth/signer.hpp"

#include <boost/json.hpp>
#include <stdexcept>

#include "platform/auth/base64url.hpp"

namespace platform::auth {

namespace {

std::string kid_of(const std::filesystem::path& file) {
    // "k1.pub.pem" has the stem "k1.pub", which is no key id: a public key is refused by its name already.
    const std::string kid = file.stem().string();
    if (file.extension() != ".pem" || !is_key_id(kid))
        throw std::runtime_error(file.string() + " must be named <key id>.pem");
    return kid;
}

std::int64_t seconds(Time time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

Signer::Signer(const std::filesystem::path& private_key) : key_{private_key}, kid_{kid_of(private_key)} {}

std::string Signer::sign(const Claims& claims) const {
    const boost::json::object header{{"alg", "RS256"}, {"typ", "JWT"}, {"kid", kid_}};
    const boost::json::object payload{{"iss", claims.issuer},
                                      {"aud", claims.audience},
                                      {"sub", claims.subject.text()},
                                      {"role", claims.role},
                                      {"jti", claims.token_id.text()},
                                      {"iat", seconds(claims.issued_at)},
                                      {"exp", seconds(claims.expires_at)}};
    std::string token = base64url(boost::json::serialize(header));
    token += '.';
    token += base64url(boost::json::serialize(payload));
    const std::string signature = key_.sign(token);
    token += '.';
    token += base64url(signature);
    return token;
}

}  // namespace platform::auth
