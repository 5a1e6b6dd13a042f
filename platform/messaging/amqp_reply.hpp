#pragma once

#include <amqp.h>
#include <sys/time.h>

#include <array>
#include <chrono>
#include <string>
#include <string_view>

#include "platform/messaging/connection.hpp"

/// rabbitmq-c's answers as exceptions and its tables as values. Only connection.cpp and its kin see this
/// header.
namespace platform::messaging {

inline amqp_bytes_t bytes_of(std::string_view text) {
    return {text.size(), const_cast<char*>(text.data())};  // The library only reads what it is given to send.
}

timeval timeval_of(std::chrono::milliseconds duration);

amqp_table_entry_t text_entry(std::string_view key, std::string_view value);
amqp_table_entry_t number_entry(std::string_view key, std::int32_t value);

/// Basic properties that view into a Content.
struct Properties {
    explicit Properties(const Content& content);

    static constexpr std::size_t headers_max = 16;
    amqp_basic_properties_t basic{};
    std::array<amqp_table_entry_t, headers_max> entries;
};

Content content_of(const amqp_message_t& message);

/// Each throws BrokerError saying what was being done, unless all is well.
void expect(int status, std::string_view doing);
void expect(const amqp_rpc_reply_t& reply, std::string_view doing);
[[noreturn]] void throw_unexpected(const amqp_method_t& method);

/// As expect(); throws TopologyMismatch if the thing exists with other properties.
void expect_declared(const amqp_rpc_reply_t& reply, std::string_view kind, std::string_view name);

bool is_not_found(const amqp_rpc_reply_t& reply);

}  // namespace platform::messaging
