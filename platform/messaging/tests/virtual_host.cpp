#include "platform/messaging/tests/virtual_host.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <cstdlib>
#include <stdexcept>

#include "platform/base/ids.hpp"
#include "platform/messaging/topology.hpp"

namespace platform::messaging {

namespace {

using namespace std::chrono_literals;

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    if (!value)
        throw std::runtime_error(std::string(name) + " is not set: this test needs a private RabbitMQ");
    return value;
}

std::string base64(std::string_view text) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < text.size(); i += 3) {
        unsigned bits = 0;
        for (std::size_t k = 0; k < 3; ++k)
            bits = bits << 8 | (i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0u);
        for (std::size_t k = 0; k < 4; ++k)
            out += k <= std::min<std::size_t>(3, text.size() - i) ? digits[bits >> (18 - 6 * k) & 63] : '=';
    }
    return out;
}

}  // namespace

VirtualHost::VirtualHost()
    : name_("test-" + RandomIds().next().text()), broker_(BrokerUrl::parse(variable("SHOP_TEST_RABBITMQ"))) {
    // http://user:password@host:port has the parts of a broker URL.
    std::string management = variable("SHOP_TEST_RABBITMQ_MANAGEMENT");
    if (management.starts_with("http://")) management.replace(0, 4, "amqp");
    const BrokerUrl url = BrokerUrl::parse(management);
    management_host_ = url.host;
    management_port_ = std::to_string(url.port);
    authorization_ = "Basic " + base64(url.user + ":" + url.password);
    manage("PUT", "vhosts/" + name_);
    manage("PUT", "permissions/" + name_ + "/" + broker_.user,
           R"({"configure":".*","write":".*","read":".*"})");
}

VirtualHost::~VirtualHost() {
    try {
        manage("DELETE", "vhosts/" + name_);
    } catch (const std::exception&) {
        // It stays behind; the next run has another name.
    }
}

BrokerConfig VirtualHost::config(unsigned short port) const {
    BrokerConfig config;
    config.url = "amqp://" + broker_.user + ":" + broker_.password + "@" + broker_.host + ":" +
                 std::to_string(port ? port : broker_.port) + "/" + name_;
    config.name = "test";
    config.backoff_min = 10ms;
    config.backoff_max = 100ms;
    return config;
}

boost::json::value VirtualHost::manage(std::string_view method, std::string_view path,
                                       std::string_view body) const {
    boost::asio::io_context io;
    boost::asio::ip::tcp::socket socket(io);
    boost::asio::connect(socket,
                         boost::asio::ip::tcp::resolver(io).resolve(management_host_, management_port_));
    std::string request;
    request.append(method).append(" /api/").append(path).append(" HTTP/1.0\r\nAuthorization: ");
    request.append(authorization_).append("\r\nContent-Type: application/json\r\nContent-Length: ");
    request.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
    boost::asio::write(socket, boost::asio::buffer(request));
    std::string answer;
    boost::system::error_code end;
    boost::asio::read(socket, boost::asio::dynamic_buffer(answer), end);
    const std::size_t head = answer.find("\r\n\r\n");
    if (head == std::string::npos || answer.size() < 12 || answer[9] != '2')
        throw std::runtime_error("management: " + std::string(path) + ": " + answer.substr(0, 200));
    const std::string_view text = std::string_view(answer).substr(head + 4);
    return text.empty() ? boost::json::value() : boost::json::parse(text);
}

boost::json::object VirtualHost::queue(std::string_view name) const {
    return manage("GET", "queues/" + name_ + "/" + std::string(name)).as_object();
}

std::size_t VirtualHost::close_connections() const {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    for (;;) {
        std::size_t closed = 0;
        for (const auto& connection : manage("GET", "vhosts/" + name_ + "/connections").as_array()) {
            std::string path = "connections/";
            for (const char c : connection.at("name").as_string())
                path += c == ' ' ? "%20" : c == '>' ? "%3E" : std::string(1, c);
            manage("DELETE", path);
            ++closed;
        }
        if (closed > 0) return closed;
        // The management interface learns of connections with a delay of its own.
        if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("no connection to close");
    }
}

std::vector<Content> VirtualHost::drain(std::string_view queue) const {
    Connection connection(config(), "drain");
    std::vector<Content> contents;
    while (auto incoming = connection.get(queue)) {
        connection.acknowledge(incoming->tag, false);
        contents.push_back(std::move(incoming->content));
    }
    connection.close();
    return contents;
}

void VirtualHost::unbind(std::string_view queue, std::string_view type) const {
    manage("DELETE", "bindings/" + name_ + "/e/" + std::string(events_exchange) + "/q/" + std::string(queue) +
                         "/" + std::string(type));
}

}  // namespace platform::messaging
