#pragma once

#include <boost/describe/class.hpp>
#include <string>
#include <vector>

#include "platform/config/settings.hpp"
#include "tools/load/options.hpp"

namespace shop::load {

/// The platform that is measured; `./shop bench` fills the variables in. A list names the replicas of a
/// service, with commas between them; without one everything goes through the gateway.
struct Target {
    platform::config::Required<platform::config::HttpUrl> gateway_url;
    std::string user_url;
    std::string product_url;
    std::string order_url;
    std::string inventory_url;
    std::string payment_url;
    platform::config::Required<std::string> admin_email;
    platform::config::Required<platform::config::Secret> admin_password;
    std::string state;  // The state file, which says which processes to look at; empty: none.
};
BOOST_DESCRIBE_STRUCT(Target, (),
                      (gateway_url, user_url, product_url, order_url, inventory_url, payment_url, admin_email,
                       admin_password, state))

/// The addresses in a list, without slashes at their ends.
std::vector<std::string> addresses_in(std::string_view list);

/// Where orders are sent on this way. Throws std::invalid_argument when the environment does not name it.
std::vector<std::string> order_addresses(const Target& target, Way way);

/// A peer of plain HTTP.
struct Endpoint {
    std::string host;
    std::string port;

    bool operator==(const Endpoint&) const = default;
};

/// Of "http://host[:port]". Throws std::invalid_argument for anything else: the load clients speak no TLS,
/// which would cost them more than the requests do.
Endpoint endpoint_of(std::string_view url);

}  // namespace shop::load
