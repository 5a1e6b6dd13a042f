#include "platform/messaging/broker.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <random>
#include <stdexcept>

namespace platform::messaging {

namespace {

std::string decoded(std::string_view text, const char* part) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            plain += text[i];
            continue;
        }
        unsigned value = 0;
        const char* digits = text.data() + i + 1;
        if (i + 2 >= text.size() || std::from_chars(digits, digits + 2, value, 16).ptr != digits + 2)
            throw std::invalid_argument(std::string("broker URL: bad percent-encoding in the ") + part);
        plain += static_cast<char>(value);
        i += 2;
    }
    return plain;
}

/// Cuts `text` at the separator and returns what stood before it; nothing if there is none.
std::optional<std::string_view> cut(std::string_view& text, std::size_t at) {
    if (at == std::string_view::npos) return std::nullopt;
    std::string_view before = text.substr(0, at);
    text.remove_prefix(at + 1);
    return before;
}

void read_host(BrokerUrl& url, std::string_view text) {
    const bool bracketed = text.starts_with('[');
    const std::size_t host_end = bracketed ? text.find(']') : text.find(':');
    if (bracketed && host_end == std::string_view::npos)
        throw std::invalid_argument("broker URL: '[' without ']' in the host");
    std::string_view host = text.substr(0, host_end);
    std::string_view rest = host_end == std::string_view::npos ? "" : text.substr(host_end);
    if (bracketed) host.remove_prefix(1), rest.remove_prefix(1);
    if (host.empty()) throw std::invalid_argument("broker URL: no host");
    url.host = decoded(host, "host");
    if (rest.empty()) return;
    rest.remove_prefix(1);
    unsigned port = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), port);
    if (error != std::errc{} || end != rest.data() + rest.size() || port == 0 || port > 65535)
        throw std::invalid_argument("broker URL: the port must be a number from 1 to 65535");
    url.port = static_cast<std::uint16_t>(port);
}

}  // namespace

BrokerUrl BrokerUrl::parse(std::string_view text) {
    constexpr std::string_view scheme = "amqp://";
    if (!text.starts_with(scheme)) throw std::invalid_argument("broker URL: must begin with amqp://");
    text.remove_prefix(scheme.size());
    BrokerUrl url;
    std::string_view authority = text;
    std::string_view path;
    if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
        authority = text.substr(0, slash);
        path = text.substr(slash + 1);
    }
    if (path.find_first_of("/?#") != std::string_view::npos)
        throw std::invalid_argument(
            "broker URL: only a virtual host may follow the port; write its '/' as %2f");
    if (!path.empty()) url.vhost = decoded(path, "virtual host");
    if (auto credentials = cut(authority, authority.rfind('@'))) {
        if (auto user = cut(*credentials, credentials->find(':'))) {
            url.user = decoded(*user, "user");
            url.password = decoded(*credentials, "password");
        } else {
            throw std::invalid_argument("broker URL: a user without a password");
        }
    }
    read_host(url, authority);
    return url;
}

std::chrono::milliseconds backoff_delay(int attempt, std::chrono::milliseconds min,
                                        std::chrono::milliseconds max) {
    std::chrono::milliseconds whole = min;
    for (int i = 0; i < attempt && whole < max; ++i) whole *= 2;
    whole = std::min(whole, max);
    thread_local std::minstd_rand random{std::random_device{}()};
    return std::chrono::milliseconds{std::uniform_int_distribution<std::chrono::milliseconds::rep>{
        whole.count() / 2, whole.count()}(random)};
}

}  // namespace platform::messaging
