#pragma once

#include <string>
#include <vector>

#include "platform/base/time.hpp"
#include "platform/base/uuid.hpp"

namespace platform::auth {

/// Who a verified access token speaks for.
struct Identity {
    Uuid user;
    std::vector<std::string> roles;
    Time expires_at;
};

}  // namespace platform::auth
