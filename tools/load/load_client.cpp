#include "tools/load/load_client.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

namespace shop::load {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Fault = boost::system::error_code;

std::string head_of(const LoadClientConfig& config) {
    return "POST /api/v1/orders HTTP/1.1\r\nHost: " + config.host + "\r\nAuthorization: Bearer " +
           config.token + "\r\nContent-Type: application/json\r\nIdempotency-Key: ";
}

}  // namespace

LoadClient::LoadClient(asio::io_context& io, LoadClientConfig config, OrderBook& book, Tally& tally,
                       std::function<void()> finished)
    : config_(std::move(config)),
      book_(book),
      tally_(tally),
      finished_(std::move(finished)),
      socket_(io),
      timer_(io),
      head_(head_of(config_)) {}

void LoadClient::start() { next_order(); }

void LoadClient::expire(LoadClock::time_point now) {
    if (!waiting_ || now - asked_at_ < config_.answer_time) return;
    Fault ignored;
    socket_.close(ignored);
}

void LoadClient::next_order() {
    if (book_.empty()) {
        Fault ignored;
        socket_.close(ignored);
        return finished_();
    }
    book_.take(order_);
    request_ = head_;
    request_ += order_.key;
    request_ += "\r\nContent-Length: ";
    request_ += std::to_string(order_.body.size());
    request_ += "\r\n\r\n";
    request_ += order_.body;
    attempts_ = 0;
    attempt();
}

void LoadClient::try_again(std::chrono::milliseconds after) {
    if (attempts_ == config_.attempts_max) {
        ++tally_.given_up;
        return next_order();
    }
    timer_.expires_after(after);
    timer_.async_wait([this](Fault) { attempt(); });
}

void LoadClient::attempt() {
    ++attempts_;
    waiting_ = true;
    asked_at_ = LoadClock::now();
    if (connected_) return send();
    connect();
}

void LoadClient::connect() {
    Fault ignored;
    socket_.close(ignored);
    socket_.async_connect(config_.peer, [this](Fault fault) {
        if (fault) return on_broken();
        connected_ = true;
        Fault unimportant;
        socket_.set_option(tcp::no_delay(true), unimportant);
        send();
    });
}

void LoadClient::send() {
    reader_.begin();
    asio::async_write(socket_, asio::buffer(request_), [this](Fault fault, std::size_t) {
        if (fault) return on_broken();
        receive();
    });
}

void LoadClient::receive() {
    const auto room = reader_.room();
    socket_.async_read_some(asio::buffer(room.data(), room.size()), [this](Fault fault, std::size_t bytes) {
        if (fault) return on_broken();
        on_bytes(bytes);
    });
}

void LoadClient::on_bytes(std::size_t bytes) {
    switch (reader_.took(bytes)) {
        case ResponseReader::State::more: return receive();
        case ResponseReader::State::broken: return on_broken();
        case ResponseReader::State::complete: return on_answer(reader_.answer());
    }
}

void LoadClient::on_answer(const Answer& answer) {
    constexpr std::string_view path = "/api/v1/orders/";
    waiting_ = false;
    connected_ = answer.keep_alive;
    if (answer.status == 202) {
        tally_.last_accepted = LoadClock::now();
        tally_.accepted_after.add(tally_.last_accepted - asked_at_);
        // The whole address or only its path.
        const auto place = answer.location.find(path);
        const auto id =
            place == std::string::npos
                ? std::nullopt
                : platform::Uuid::parse(std::string_view(answer.location).substr(place + path.size()));
        tally_.ids.push_back(id.value_or(platform::Uuid{}));
        return next_order();
    }
    ++tally_.errors[answer.status];
    if (answer.status == 503 || answer.status == 429) {
        ++tally_.waited;
        return try_again(answer.retry_after.value_or(std::chrono::seconds(1)));
    }
    if (answer.status >= 500) return try_again(config_.reconnect_after);
    ++tally_.given_up;
    next_order();
}

void LoadClient::on_broken() {
    waiting_ = false;
    connected_ = false;
    ++tally_.broken;
    try_again(config_.reconnect_after);
}

}  // namespace shop::load
