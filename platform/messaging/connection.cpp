#include "platform/messaging/connection.hpp"

#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <stdexcept>

#include "platform/messaging/amqp_reply.hpp"

namespace platform::messaging {

namespace {

constexpr amqp_channel_t channel = 1;
constexpr int frame_bytes_max = 131072;

amqp_bytes_t bytes_of(std::string_view text) {
    return {text.size(), const_cast<char*>(text.data())};  // The library only reads what it is given to send.
}

std::string text_of(amqp_bytes_t bytes) {
    return std::string(static_cast<const char*>(bytes.bytes), bytes.len);
}

timeval timeval_of(std::chrono::milliseconds duration) {
    return {duration.count() / 1000, static_cast<suseconds_t>(duration.count() % 1000 * 1000)};
}

amqp_table_entry_t text_entry(std::string_view key, std::string_view value) {
    amqp_table_entry_t entry{};
    entry.key = bytes_of(key);
    entry.value.kind = AMQP_FIELD_KIND_UTF8;
    entry.value.value.bytes = bytes_of(value);
    return entry;
}

amqp_table_entry_t number_entry(std::string_view key, std::int32_t value) {
    amqp_table_entry_t entry{};
    entry.key = bytes_of(key);
    entry.value.kind = AMQP_FIELD_KIND_I32;
    entry.value.value.i32 = value;
    return entry;
}

/// Basic properties that view into a Content.
struct Properties {
    explicit Properties(const Content& content);

    static constexpr std::size_t headers_max = 16;
    amqp_basic_properties_t basic{};
    std::array<amqp_table_entry_t, headers_max> entries;
};

Properties::Properties(const Content& content) {
    if (content.headers.size() > headers_max) throw std::invalid_argument("a message has too many headers");
    basic._flags = AMQP_BASIC_DELIVERY_MODE_FLAG;
    basic.delivery_mode = 2;
    const auto set = [this](amqp_flags_t flag, amqp_bytes_t& target, std::string_view value) {
        if (value.empty()) return;
        basic._flags |= flag;
        target = bytes_of(value);
    };
    set(AMQP_BASIC_MESSAGE_ID_FLAG, basic.message_id, content.message_id);
    set(AMQP_BASIC_TYPE_FLAG, basic.type, content.type);
    set(AMQP_BASIC_CONTENT_TYPE_FLAG, basic.content_type, content.content_type);
    if (content.timestamp != 0) {
        basic._flags |= AMQP_BASIC_TIMESTAMP_FLAG;
        basic.timestamp = content.timestamp;
    }
    if (content.headers.empty()) return;
    for (std::size_t i = 0; i < content.headers.size(); ++i)
        entries[i] = text_entry(content.headers[i].first, content.headers[i].second);
    basic._flags |= AMQP_BASIC_HEADERS_FLAG;
    basic.headers = {static_cast<int>(content.headers.size()), entries.data()};
}

Content content_of(const amqp_message_t& message) {
    Content content;
    const amqp_basic_properties_t& basic = message.properties;
    if (basic._flags & AMQP_BASIC_MESSAGE_ID_FLAG) content.message_id = text_of(basic.message_id);
    if (basic._flags & AMQP_BASIC_TYPE_FLAG) content.type = text_of(basic.type);
    if (basic._flags & AMQP_BASIC_CONTENT_TYPE_FLAG) content.content_type = text_of(basic.content_type);
    if (basic._flags & AMQP_BASIC_TIMESTAMP_FLAG) content.timestamp = basic.timestamp;
    if (basic._flags & AMQP_BASIC_HEADERS_FLAG)
        for (int i = 0; i < basic.headers.num_entries; ++i) {
            const amqp_table_entry_t& entry = basic.headers.entries[i];
            if (entry.value.kind == AMQP_FIELD_KIND_UTF8 || entry.value.kind == AMQP_FIELD_KIND_BYTES)
                content.headers.emplace_back(text_of(entry.key), text_of(entry.value.value.bytes));
        }
    content.body = text_of(message.body);
    return content;
}

/// Bits that tell the broker what we understand; without connection.blocked it would not tell of its alarms.
amqp_table_entry_t capability(const char* name) {
    amqp_table_entry_t entry{};
    entry.key = amqp_cstring_bytes(name);
    entry.value.kind = AMQP_FIELD_KIND_BOOLEAN;
    entry.value.value.boolean = 1;
    return entry;
}

void log_in(amqp_connection_state_t state, const BrokerConfig& config, const BrokerUrl& url,
            std::string_view purpose) {
    std::array capabilities{capability("connection.blocked"), capability("consumer_cancel_notify"),
                            capability("basic.nack"), capability("authentication_failure_close")};
    const std::string name = config.name + " " + std::string(purpose);
    std::array properties{text_entry("connection_name", name), amqp_table_entry_t{}};
    properties[1].key = amqp_cstring_bytes("capabilities");
    properties[1].value.kind = AMQP_FIELD_KIND_TABLE;
    properties[1].value.value.table = {static_cast<int>(capabilities.size()), capabilities.data()};
    const amqp_table_t table{static_cast<int>(properties.size()), properties.data()};
    expect(amqp_login_with_properties(state, url.vhost.c_str(), 0, frame_bytes_max,
                                      static_cast<int>(config.heartbeat.count()), &table,
                                      AMQP_SASL_METHOD_PLAIN, url.user.c_str(), url.password.c_str()),
           "log-in");
}

/// Heartbeats find a dead peer only after twice their interval; the kernel finds unacknowledged data earlier.
void bound_silence(int descriptor, std::chrono::seconds heartbeat) {
    const auto limit = static_cast<unsigned>(std::chrono::milliseconds(heartbeat).count());
    if (setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof limit) != 0)
        throw BrokerError("broker: TCP_USER_TIMEOUT cannot be set");
}

}  // namespace

void Connection::Destroy::operator()(amqp_connection_state_t_* state) const {
    amqp_destroy_connection(state);
}

Connection::Connection(const BrokerConfig& config, std::string_view purpose) : state_(amqp_new_connection()) {
    if (!state_) throw std::bad_alloc();
    const BrokerUrl url = BrokerUrl::parse(config.url);
    const timeval connect = timeval_of(config.connect);
    const timeval reply = timeval_of(config.reply);
    amqp_set_handshake_timeout(state_.get(), &reply);
    amqp_set_rpc_timeout(state_.get(), &reply);
    amqp_socket_t* socket = amqp_tcp_socket_new(state_.get());
    if (!socket) throw std::bad_alloc();
    expect(amqp_socket_open_noblock(socket, url.host.c_str(), url.port, &connect),
           "connect to " + url.host + ":" + std::to_string(url.port));
    bound_silence(descriptor(), config.heartbeat);
    log_in(state_.get(), config, url, purpose);
    amqp_channel_open(state_.get(), channel);
    expect(amqp_get_rpc_reply(state_.get()), "channel.open");
}

Connection::~Connection() = default;

void Connection::close() noexcept {
    const timeval limit{1, 0};
    amqp_set_rpc_timeout(state_.get(), &limit);
    amqp_connection_close(state_.get(), AMQP_REPLY_SUCCESS);
}

int Connection::descriptor() const { return amqp_get_sockfd(state_.get()); }

std::optional<Incoming> Connection::receive() {
    for (;;) {
        amqp_maybe_release_buffers(state_.get());
        amqp_frame_t frame;
        timeval now{0, 0};
        const int status = amqp_simple_wait_frame_noblock(state_.get(), &frame, &now);
        if (status == AMQP_STATUS_TIMEOUT) return std::nullopt;
        expect(status, "receive");
        if (frame.frame_type != AMQP_FRAME_METHOD) continue;
        Incoming incoming;
        const amqp_method_t& method = frame.payload.method;
        switch (method.id) {
            case AMQP_BASIC_DELIVER_METHOD: {
                const auto& deliver = *static_cast<amqp_basic_deliver_t*>(method.decoded);
                incoming.kind = Incoming::Kind::delivery;
                incoming.tag = deliver.delivery_tag;
                incoming.redelivered = deliver.redelivered != 0;
                incoming.content = read_content();
                return incoming;
            }
            case AMQP_BASIC_RETURN_METHOD:
                incoming.kind = Incoming::Kind::returned;
                incoming.content = read_content();
                return incoming;
            case AMQP_BASIC_ACK_METHOD: {
                const auto& ack = *static_cast<amqp_basic_ack_t*>(method.decoded);
                incoming.kind = Incoming::Kind::confirmed;
                incoming.tag = ack.delivery_tag;
                incoming.multiple = ack.multiple != 0;
                return incoming;
            }
            case AMQP_BASIC_NACK_METHOD: {
                const auto& nack = *static_cast<amqp_basic_nack_t*>(method.decoded);
                incoming.kind = Incoming::Kind::refused;
                incoming.tag = nack.delivery_tag;
                incoming.multiple = nack.multiple != 0;
                return incoming;
            }
            case AMQP_CONNECTION_BLOCKED_METHOD: blocked_ = true; break;
            case AMQP_CONNECTION_UNBLOCKED_METHOD: blocked_ = false; break;
            default: throw_unexpected(method);
        }
    }
}

Content Connection::read_content() {
    amqp_message_t message;
    expect(amqp_read_message(state_.get(), channel, &message, 0), "read a message");
    Content content = content_of(message);
    amqp_destroy_message(&message);
    return content;
}

void Connection::declare_exchange(std::string_view name, std::string_view type) {
    amqp_exchange_declare(state_.get(), channel, bytes_of(name), bytes_of(type), 0, 1, 0, 0,
                          amqp_empty_table);
    expect_declared(amqp_get_rpc_reply(state_.get()), "exchange", name);
}

void Connection::declare_queue(std::string_view name, const Arguments& arguments) {
    std::vector<amqp_table_entry_t> entries;
    for (const auto& [key, value] : arguments) {
        if (const auto* text = std::get_if<std::string_view>(&value))
            entries.push_back(text_entry(key, *text));
        else
            entries.push_back(number_entry(key, std::get<std::int32_t>(value)));
    }
    amqp_queue_declare(state_.get(), channel, bytes_of(name), 0, 1, 0, 0,
                       {static_cast<int>(entries.size()), entries.data()});
    expect_declared(amqp_get_rpc_reply(state_.get()), "queue", name);
}

void Connection::bind(std::string_view queue, std::string_view exchange, std::string_view routing_key) {
    amqp_queue_bind(state_.get(), channel, bytes_of(queue), bytes_of(exchange), bytes_of(routing_key),
                    amqp_empty_table);
    expect(amqp_get_rpc_reply(state_.get()), "bind " + std::string(queue));
}

std::uint32_t Connection::message_count(std::string_view queue) {
    const auto* declared =
        amqp_queue_declare(state_.get(), channel, bytes_of(queue), 1, 0, 0, 0, amqp_empty_table);
    const amqp_rpc_reply_t reply = amqp_get_rpc_reply(state_.get());
    if (is_not_found(reply)) throw std::invalid_argument("no such queue: " + std::string(queue));
    expect(reply, "look at " + std::string(queue));
    return declared->message_count;
}

void Connection::select_confirms() {
    amqp_confirm_select(state_.get(), channel);
    expect(amqp_get_rpc_reply(state_.get()), "confirm.select");
}

void Connection::publish(std::string_view exchange, std::string_view routing_key, bool mandatory,
                         const Content& content) {
    const Properties properties(content);
    expect(amqp_basic_publish(state_.get(), channel, bytes_of(exchange), bytes_of(routing_key), mandatory, 0,
                              &properties.basic, bytes_of(content.body)),
           "publish");
}

// Without it everything works as well, only at a greater cost.
Connection::Burst::Burst(Connection& connection) : descriptor_(connection.descriptor()) {
    constexpr int on = 1;
    static_cast<void>(setsockopt(descriptor_, IPPROTO_TCP, TCP_CORK, &on, sizeof on));
}

Connection::Burst::~Burst() {
    constexpr int off = 0;
    static_cast<void>(setsockopt(descriptor_, IPPROTO_TCP, TCP_CORK, &off, sizeof off));
}

void Connection::consume(std::string_view queue, std::uint16_t prefetch) {
    amqp_basic_qos(state_.get(), channel, 0, prefetch, 0);
    expect(amqp_get_rpc_reply(state_.get()), "basic.qos");
    amqp_basic_consume(state_.get(), channel, bytes_of(queue), amqp_cstring_bytes("shop"), 0, 0, 0,
                       amqp_empty_table);
    expect(amqp_get_rpc_reply(state_.get()), "consume " + std::string(queue));
}

void Connection::cancel_consumer() {
    amqp_basic_cancel(state_.get(), channel, amqp_cstring_bytes("shop"));
    expect(amqp_get_rpc_reply(state_.get()), "basic.cancel");
}

std::optional<Incoming> Connection::get(std::string_view queue) {
    amqp_maybe_release_buffers(state_.get());
    const amqp_rpc_reply_t reply = amqp_basic_get(state_.get(), channel, bytes_of(queue), 0);
    if (is_not_found(reply)) throw std::invalid_argument("no such queue: " + std::string(queue));
    expect(reply, "basic.get");
    if (reply.reply.id == AMQP_BASIC_GET_EMPTY_METHOD) return std::nullopt;
    Incoming incoming;
    const auto& got = *static_cast<amqp_basic_get_ok_t*>(reply.reply.decoded);
    incoming.kind = Incoming::Kind::delivery;
    incoming.tag = got.delivery_tag;
    incoming.redelivered = got.redelivered != 0;
    incoming.content = read_content();
    return incoming;
}

void Connection::acknowledge(std::uint64_t tag, bool multiple) {
    expect(amqp_basic_ack(state_.get(), channel, tag, multiple), "acknowledge");
}

void Connection::reject(std::uint64_t tag) {
    expect(amqp_basic_reject(state_.get(), channel, tag, 0), "reject");
}

}  // namespace platform::messaging
