#include "platform/cache/redis_url.hpp"

#include <boost/url/parse.hpp>
#include <charconv>
#include <stdexcept>

namespace platform::cache {

namespace {

constexpr int database_max = 65'535;

int database_of(std::string_view path) {
    if (path.starts_with('/')) path.remove_prefix(1);
    if (path.empty()) return 0;
    int number = 0;
    const auto read = std::from_chars(path.data(), path.data() + path.size(), number);
    if (read.ec != std::errc{} || read.ptr != path.data() + path.size() || number < 0 ||
        number > database_max)
        throw std::invalid_argument("the path of a cache URL is the number of a database");
    return number;
}

}  // namespace

RedisUrl RedisUrl::parse(std::string_view text) {
    const auto url = boost::urls::parse_uri(text);
    if (!url) throw std::invalid_argument("the cache URL is not well-formed");
    if (url->scheme() == "rediss") throw std::invalid_argument("a cache behind TLS is not supported");
    if (url->scheme() != "redis") throw std::invalid_argument("the scheme of a cache URL is redis");
    RedisUrl out;
    out.host = url->host_address();
    if (out.host.empty()) throw std::invalid_argument("the cache URL names no host");
    if (url->has_port()) {
        out.port = url->port_number();
        if (out.port == 0) throw std::invalid_argument("the port of the cache URL is not a port");
    }
    out.user = url->user();
    out.password = url->password();
    out.database = database_of(url->encoded_path());
    return out;
}

}  // namespace platform::cache
