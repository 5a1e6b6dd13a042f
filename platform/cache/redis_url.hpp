#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace platform::cache {

/// The parts of redis://[user][:password]@host[:port][/database], percent-decoded.
struct RedisUrl {
    std::string user;      // Empty: the default user.
    std::string password;  // Empty: none is asked for.
    std::string host;
    std::uint16_t port = 6379;
    int database = 0;

    /// Throws std::invalid_argument saying which part is wrong; the text never repeats the password. rediss
    /// is refused: the client library has no TLS.
    static RedisUrl parse(std::string_view text);
};

}  // namespace platform::cache
