#include "platform/messaging/amqp_reply.hpp"

#include <optional>

namespace platform::messaging {

namespace {

std::string text_of(amqp_bytes_t bytes) {
    return std::string(static_cast<const char*>(bytes.bytes), bytes.len);
}

struct Closed {
    int code;
    std::string text;
};

/// Why the broker closed the channel or the connection, if that is what the method says.
std::optional<Closed> closed_by(const amqp_method_t& method) {
    if (method.id == AMQP_CHANNEL_CLOSE_METHOD) {
        const auto& close = *static_cast<amqp_channel_close_t*>(method.decoded);
        return Closed{close.reply_code, text_of(close.reply_text)};
    }
    if (method.id == AMQP_CONNECTION_CLOSE_METHOD) {
        const auto& close = *static_cast<amqp_connection_close_t*>(method.decoded);
        return Closed{close.reply_code, text_of(close.reply_text)};
    }
    return std::nullopt;
}

std::optional<Closed> closed_by(const amqp_rpc_reply_t& reply) {
    if (reply.reply_type != AMQP_RESPONSE_SERVER_EXCEPTION) return std::nullopt;
    return closed_by(reply.reply);
}

/// What the broker quotes first: "inequivalent arg 'x-delivery-limit' for queue ...".
std::string quoted(const std::string& text) {
    const std::size_t begin = text.find('\'');
    const std::size_t end = begin == std::string::npos ? begin : text.find('\'', begin + 1);
    return end == std::string::npos ? "its properties" : text.substr(begin + 1, end - begin - 1);
}

}  // namespace

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

void expect(int status, std::string_view doing) {
    if (status < 0) throw BrokerError("broker: " + std::string(doing) + ": " + amqp_error_string2(status));
}

void expect(const amqp_rpc_reply_t& reply, std::string_view doing) {
    if (reply.reply_type == AMQP_RESPONSE_NORMAL) return;
    std::string why = "no answer";
    if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION) why = amqp_error_string2(reply.library_error);
    if (const auto closed = closed_by(reply)) why = closed->text;
    throw BrokerError("broker: " + std::string(doing) + ": " + why);
}

void throw_unexpected(const amqp_method_t& method) {
    if (const auto closed = closed_by(method)) throw BrokerError("broker: closed: " + closed->text);
    if (method.id == AMQP_BASIC_CANCEL_METHOD) throw BrokerError("broker: the queue was deleted or moved");
    throw BrokerError(std::string("broker: unexpected ") + amqp_method_name(method.id));
}

void expect_declared(const amqp_rpc_reply_t& reply, std::string_view kind, std::string_view name) {
    const auto closed = closed_by(reply);
    if (!closed || closed->code != AMQP_PRECONDITION_FAILED)
        return expect(reply, "declare " + std::string(name));
    throw TopologyMismatch(std::string(kind) + " " + std::string(name) + " exists with another " +
                           quoted(closed->text) +
                           ", which is final once declared; it must be deleted or our "
                           "declaration corrected. The broker says: " +
                           closed->text);
}

bool is_not_found(const amqp_rpc_reply_t& reply) {
    const auto closed = closed_by(reply);
    return closed && closed->code == AMQP_NOT_FOUND;
}

}  // namespace platform::messaging
