#include "platform/http/peer.hpp"

#include <algorithm>
#include <array>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <stdexcept>
#include <string_view>

namespace platform::http {
namespace {

/// Fields that follow from the message and the connection.
constexpr std::array<std::string_view, 4> own_fields{"Host", "Content-Length", "Transfer-Encoding",
                                                     "Connection"};

bool is_visible(char c) { return c > 0x20 && c < 0x7f; }

bool is_name(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) { return is_visible(c) && c != ':'; }) &&
           std::ranges::none_of(own_fields, [&](auto own) { return equal_ignoring_case(own, name); });
}

bool is_value(std::string_view value) {
    return std::ranges::all_of(value, [](char c) { return c == ' ' || is_visible(c); });
}

void check(const ClientRequest& request) {
    if (!request.target.starts_with('/') || !std::ranges::all_of(request.target, is_visible))
        throw std::invalid_argument("a target begins with a slash and is percent-encoded");
    if (request.method.empty() || !std::ranges::all_of(request.method, is_visible))
        throw std::invalid_argument("a method is one word");
    for (const auto& [name, value] : request.headers)
        if (!is_name(name) || !is_value(value))
            throw std::invalid_argument("the header " + name + " cannot be sent");
}

}  // namespace

Peer peer_of(const std::string& base_url) {
    const auto url = boost::urls::parse_uri(base_url);
    const auto wrong = [&] { return std::invalid_argument("not a base URL: " + base_url); };
    if (!url || url->has_query() || url->has_fragment() || url->has_userinfo()) throw wrong();
    Peer peer;
    peer.tls = url->scheme_id() == boost::urls::scheme::https;
    if (!peer.tls && url->scheme_id() != boost::urls::scheme::http) throw wrong();
    peer.host = url->host_address();
    if (peer.host.empty()) throw wrong();
    peer.port = url->has_port() ? std::string(url->port()) : peer.tls ? "443" : "80";
    peer.prefix = std::string(url->encoded_path());
    while (peer.prefix.ends_with('/')) peer.prefix.pop_back();
    peer.authority = std::string(url->encoded_host());
    if (url->has_port()) peer.authority += ":" + peer.port;
    return peer;
}

std::string request_text(const ClientRequest& request, const Peer& peer) {
    check(request);
    std::string text;
    text.reserve(512 + request.body.size());
    text +=
        request.method + " " + peer.prefix + request.target + " HTTP/1.1\r\nHost: " + peer.authority + "\r\n";
    if (!request.body.empty() || (request.method != "GET" && request.method != "HEAD"))
        text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
    for (const auto& [name, value] : request.headers) text += name + ": " + value + "\r\n";
    if (request.trace) text += "traceparent: " + request.trace->child().header() + "\r\n";
    text += "\r\n" + request.body;
    return text;
}

}  // namespace platform::http
