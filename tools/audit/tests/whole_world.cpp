#include "tools/audit/tests/whole_world.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "platform/cache/redis_url.hpp"
#include "platform/messaging/connection.hpp"
#include "platform/messaging/topology.hpp"
#include "shared/app/subscriptions.hpp"
#include "tools/audit/read_broker.hpp"
#include "tools/audit/read_cache.hpp"

namespace shop::audit {

namespace {

using platform::messaging::VirtualHost;

constexpr std::chrono::seconds patience{30};

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    if (!value)
        throw std::runtime_error(std::string(name) + " is not set: this test needs a private instance");
    return value;
}

std::vector<platform::messaging::Binding> bindings() {
    std::vector<platform::messaging::Binding> all;
    for (const auto& one : subscriptions) all.push_back({std::string(one.queue), {std::string(one.type)}});
    return all;
}

}  // namespace

WholeWorld::WholeWorld(int orders)
    : world(orders), redis_(variable("SHOP_TEST_REDIS") + "/9") {  // No other test uses that database.
    make_queues();
}

void WholeWorld::make_queues() {
    host_ = std::make_unique<VirtualHost>();
    platform::messaging::Connection connection(host_->config(), "audit-test");
    platform::messaging::declare(connection, bindings());
    connection.close();
    broker_touched_ = message_left_ = false;
}

void WholeWorld::fill() {
    world.fill();
    if (broker_touched_) make_queues();
    ask_redis({"FLUSHDB"});
    cache(world.id(7, 0), product_copy());
}

Checks WholeWorld::audited() {
    auto cached = read_cache(redis_url(), 200);
    auto books = world.read();
    Snapshot product(world.urls().product, std::chrono::seconds(10), Rows::at_once);
    read_cached_products(product, cached);
    books.cache = std::move(cached);
    books.queues =
        read_queues(broker_url(), message_left_ ? std::chrono::seconds(6) : std::chrono::seconds(12));
    return audit(books, {});
}

std::string WholeWorld::broker_url() const {
    return variable("SHOP_TEST_RABBITMQ_MANAGEMENT") + "/" + host_->name();
}

void WholeWorld::leave_message(const std::string& queue) {
    broker_touched_ = true;
    host_->manage(
        "POST", "exchanges/" + host_->name() + "/amq.default/publish",
        R"({"properties":{},"payload":"x","payload_encoding":"string","routing_key":")" + queue + "\"}");
    const auto until = std::chrono::steady_clock::now() + patience;
    for (;;) {
        const auto described = host_->queue(queue);
        const auto* messages = described.if_contains("messages");
        if (messages && messages->as_int64() == 1) return;
        if (std::chrono::steady_clock::now() > until)
            throw std::runtime_error("the broker does not count it");
    }
}

void WholeWorld::delete_queue(const std::string& queue) {
    broker_touched_ = true;
    host_->manage("DELETE", "queues/" + host_->name() + "/" + queue);
}

void WholeWorld::cache(const std::string& product, const std::string& text) {
    ask_redis({"SET", "product:details:1:" + product, text});
}

void WholeWorld::ask_redis(std::initializer_list<std::string_view> words) {
    namespace asio = boost::asio;
    const auto url = platform::cache::RedisUrl::parse(redis_);
    asio::io_context io;
    asio::ip::tcp::socket socket(io);
    asio::connect(socket, asio::ip::tcp::resolver(io).resolve(url.host, std::to_string(url.port)));
    const auto say = [&](std::initializer_list<std::string_view> command) {
        std::string request = "*" + std::to_string(command.size()) + "\r\n";
        for (const auto word : command)
            request += "$" + std::to_string(word.size()) + "\r\n" + std::string(word) + "\r\n";
        asio::write(socket, asio::buffer(request));
        std::string answer;
        asio::read_until(socket, asio::dynamic_buffer(answer), "\r\n");
        if (!answer.starts_with("+OK")) throw std::runtime_error("redis: " + answer);
    };
    say({"SELECT", std::to_string(url.database)});
    say(words);
}

std::string WholeWorld::product_copy() const {
    return R"({"id":")" + world.id(7, 0) +
           R"(","version":2,"slug":"mug","title":"A mug","description":"Holds tea.","category":{"id":")" +
           world.id(8, 0) +
           R"(","slug":"kitchen","name":"Kitchen"},"variants":[{"sku":"MUG","price":{"amount":250,)"
           R"("currency":"EUR"},"options":[],"status":"published","version":2}],)"
           R"("updated_at":"2026-11-22T18:00:00.000000Z"})";
}

void edit(const std::filesystem::path& file, std::string_view from, std::string_view to) {
    std::ifstream in(file);
    std::string text(std::istreambuf_iterator<char>(in), {});
    in.close();
    const auto place = text.find(from);
    if (place == std::string::npos)
        throw std::runtime_error("there is no '" + std::string(from) + "' to edit");
    std::ofstream(file) << text.replace(place, from.size(), to);
}

}  // namespace shop::audit
