#pragma once

#include <stdexcept>

namespace platform {

/// Something that this process needs is gone or slow for now: database, broker, a queue that is full. Whoever
/// asked may ask again: HTTP answers 503 with Retry-After, a consumer retries in place.
class Unavailable : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

}  // namespace platform
