#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>

#include "platform/config/settings.hpp"

namespace platform::config {
namespace {

std::string scheme_rule(std::span<const std::string_view> schemes) {
    if (schemes.empty()) return "must be a URL";
    std::string out = "must be a URL that begins with ";
    for (std::size_t i = 0; i < schemes.size(); ++i) {
        if (i > 0) out += " or ";
        out += schemes[i];
        out += "://";
    }
    return out;
}

bool may_lack_a_host(std::string_view scheme) { return scheme.starts_with("postgres"); }

bool looks_secret(std::string_view parameter) {
    return std::ranges::any_of(
        std::array<std::string_view, 4>{"password", "secret", "token", "key"},
        [&](std::string_view word) { return parameter.find(word) != std::string_view::npos; });
}

}  // namespace

std::optional<std::string> fault_in_url(std::string_view text, std::span<const std::string_view> schemes) {
    const auto url = boost::urls::parse_uri(text);
    if (!url || !url->has_authority()) return scheme_rule(schemes);
    const std::string_view scheme = url->scheme();
    if (!schemes.empty() && std::ranges::find(schemes, scheme) == schemes.end()) return scheme_rule(schemes);
    if (url->encoded_host().empty() && !may_lack_a_host(scheme)) return "must be a URL that names a host";
    if (url->has_port() && !url->port().empty() && url->port_number() == 0) {
        return "must be a URL with a port from 1 to 65535";
    }
    return std::nullopt;
}

std::string without_secrets(std::string_view text) {
    const auto parsed = boost::urls::parse_uri(text);
    if (!parsed) return text.empty() ? "" : "***";
    boost::urls::url url(*parsed);
    if (url.has_password()) url.set_password("***");
    for (auto parameter = url.params().begin(); parameter != url.params().end(); ++parameter) {
        if (looks_secret((*parameter).key)) parameter = url.params().set(parameter, "***");
    }
    return std::string(url.buffer());
}

}  // namespace platform::config
