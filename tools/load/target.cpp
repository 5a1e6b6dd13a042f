#include "tools/load/target.hpp"

#include <stdexcept>

namespace shop::load {

std::vector<std::string> addresses_in(std::string_view list) {
    std::vector<std::string> found;
    while (!list.empty()) {
        const auto comma = list.find(',');
        auto address = list.substr(0, comma);
        while (address.ends_with('/')) address.remove_suffix(1);
        if (!address.empty()) found.emplace_back(address);
        list = comma == std::string_view::npos ? "" : list.substr(comma + 1);
    }
    return found;
}

std::vector<std::string> order_addresses(const Target& target, Way way) {
    if (way == Way::gateway) return addresses_in(target.gateway_url->text());
    auto found = addresses_in(target.order_url);
    if (found.empty())
        throw std::invalid_argument(
            "SHOP_ORDER_URL does not name order-service; --via gateway needs no such address");
    return found;
}

Endpoint endpoint_of(std::string_view url) {
    constexpr std::string_view scheme = "http://";
    const auto refuse = [&] {
        return std::invalid_argument("not an address like http://host:port: " + std::string(url));
    };
    if (!url.starts_with(scheme)) throw refuse();
    const auto place = url.substr(scheme.size());
    const auto colon = place.rfind(':');
    Endpoint endpoint{std::string(place.substr(0, colon)),
                      colon == std::string_view::npos ? "80" : std::string(place.substr(colon + 1))};
    if (endpoint.host.empty() || endpoint.port.empty() || place.find('/') != std::string_view::npos)
        throw refuse();
    return endpoint;
}

}  // namespace shop::load
