#pragma once

#include <string>

#include "platform/http/client.hpp"

namespace platform::http {

/// Where a base URL points to.
struct Peer {
    std::string host;
    std::string port;
    std::string prefix;     // Of every target; without a slash at the end.
    std::string authority;  // What the Host field says.
    bool tls = false;
};

/// Throws std::invalid_argument for anything but http and https URLs of a host, a port and a path.
Peer peer_of(const std::string& base_url);

/// The request as bytes. Throws std::invalid_argument for a method, target or header that could be read as
/// more than one of its kind.
std::string request_text(const ClientRequest& request, const Peer& peer);

}  // namespace platform::http
