#include "platform/service/bearer.hpp"

namespace platform::service {

namespace {

constexpr std::string_view scheme = "Bearer ";

std::expected<http::Identity, std::string> authenticate(auth::Verifier& verifier,
                                                        const http::Request& request) {
    // Two of them: a gateway and we could each believe another one.
    if (request.headers.count("Authorization") != 1)
        return std::unexpected("not exactly one Authorization header");
    const auto value = *request.headers.find("Authorization");
    if (!http::equal_ignoring_case(value.substr(0, scheme.size()), scheme))
        return std::unexpected("not a bearer token");
    auto identity = verifier.verify(value.substr(scheme.size()));
    if (!identity) return std::unexpected(std::string{auth::text(identity.error())});
    return http::Identity{identity->user, std::move(identity->roles)};
}

}  // namespace

http::Authenticate bearer(auth::Verifier& verifier) {
    return [&verifier](const http::Request& request) { return authenticate(verifier, request); };
}

}  // namespace platform::service
