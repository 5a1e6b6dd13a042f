#include "platform/http/tests/live_server.hpp"

#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <boost/asio/write.hpp>
#include <charconv>

namespace platform::http::testing {

namespace asio = boost::asio;
using asio::ip::tcp;

RawClient::RawClient(unsigned short port) : socket_(context_) {
    socket_.connect(tcp::endpoint(asio::ip::address_v4::loopback(), port));
    socket_.set_option(tcp::no_delay(true));
    const timeval patience{20, 0};
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

void RawClient::send(std::string_view bytes) {
    boost::system::error_code ignored;  // The peer may have refused and closed already.
    asio::write(socket_, asio::buffer(bytes.data(), bytes.size()), ignored);
}

void RawClient::finish_sending() {
    boost::system::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

bool RawClient::more() {
    std::array<char, 4096> bytes;
    const auto count = ::recv(socket_.native_handle(), bytes.data(), bytes.size(), 0);
    if (count > 0) received_.append(bytes.data(), static_cast<std::size_t>(count));
    return count > 0;
}

RawResponse RawClient::read(bool bodiless) {
    std::size_t end = 0;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos)
        if (!more()) return {};
    RawResponse response{.head = received_.substr(0, end + 2)};
    received_.erase(0, end + 4);
    std::from_chars(response.head.data() + 9, response.head.data() + 12, response.status);
    std::size_t length = 0;
    if (const auto field = response.head.find("Content-Length: "); field != std::string::npos)
        std::from_chars(response.head.data() + field + 16, response.head.data() + response.head.size(),
                        length);
    if (bodiless) return response;
    while (received_.size() < length && more()) {
    }
    response.body = received_.substr(0, length);
    received_.erase(0, std::min(length, received_.size()));
    return response;
}

RawResponse RawClient::exchange(std::string_view bytes) {
    send(bytes);
    return read();
}

bool RawClient::closed() { return received_.empty() && !more() && errno != EAGAIN; }

std::string get(std::string_view target, std::string_view fields) {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n" + std::string(fields) + "\r\n";
}

std::string post(std::string_view target, std::string_view body, std::string_view fields) {
    return "POST " + std::string(target) + " HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n" +
           "Content-Length: " + std::to_string(body.size()) + "\r\n" + std::string(fields) + "\r\n" +
           std::string(body);
}

}  // namespace platform::http::testing
