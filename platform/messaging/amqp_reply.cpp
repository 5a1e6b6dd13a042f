#include "platform/messaging/amqp_reply.hpp"

#include <amqp.h>

#include <optional>
#include <string>

#include "platform/messaging/broker.hpp"

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
