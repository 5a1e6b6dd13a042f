#pragma once

#include <string>

#include "platform/base/uuid.hpp"

namespace platform::messaging {

/// One decoded event as the application layer sees it. `id` is the event's own id, the same in every copy,
/// and what the inbox remembers; `traceparent` is the W3C header that came with it, empty if none did.
template <class Event>
struct Message {
    Uuid id;
    Event event;
    std::string traceparent;
};

}  // namespace platform::messaging
