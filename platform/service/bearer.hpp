#pragma once

#include "platform/auth/verifier.hpp"
#include "platform/http/router.hpp"

namespace platform::service {

/// Access control of the route table by access tokens in "Authorization: Bearer <token>" (RFC 6750). The
/// verifier must outlive the result.
http::Authenticate bearer(auth::Verifier& verifier);

}  // namespace platform::service
