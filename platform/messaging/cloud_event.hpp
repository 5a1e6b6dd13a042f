#pragma once

#include <expected>
#include <string>

#include "platform/messaging/connection.hpp"
#include "platform/messaging/envelope.hpp"

namespace platform::messaging {

/// An envelope as it travels: id and type as AMQP properties, the other CloudEvents attributes as headers
/// with the prefix `cloudEvents_`, the data as body.
Content content_of(Envelope envelope);

/// The way back. The error says what is missing or malformed. A missing source, subject or traceparent is
/// accepted as empty, a missing time as 1970: handlers do not decide on them.
std::expected<Envelope, std::string> envelope_of(Content content);

}  // namespace platform::messaging
