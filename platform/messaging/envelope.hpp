#pragma once

#include <string>

#include "platform/base/time.hpp"
#include "platform/base/uuid.hpp"

namespace platform::messaging {

/// One event on its way, with the CloudEvents 1.0 attributes it travels under. `data` is JSON text.
struct Envelope {
    Uuid id;
    std::string type;     // Also the routing key.
    std::string source;   // The service that publishes.
    std::string subject;  // What the event is about: an order id or a SKU.
    Time time;
    std::string traceparent;  // W3C header; empty for none.
    std::string data;

    bool operator==(const Envelope&) const = default;
};

}  // namespace platform::messaging
