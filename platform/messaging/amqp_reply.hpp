#pragma once

#include <string_view>

struct amqp_rpc_reply_t_;
struct amqp_method_t_;

/// What rabbitmq-c and the broker answer, as exceptions.
namespace platform::messaging {

/// Each throws BrokerError saying what was being done, unless all is well.
void expect(int status, std::string_view doing);
void expect(const amqp_rpc_reply_t_& reply, std::string_view doing);
[[noreturn]] void throw_unexpected(const amqp_method_t_& method);

/// As expect(); throws TopologyMismatch if the thing exists with other properties.
void expect_declared(const amqp_rpc_reply_t_& reply, std::string_view kind, std::string_view name);

bool is_not_found(const amqp_rpc_reply_t_& reply);

}  // namespace platform::messaging
