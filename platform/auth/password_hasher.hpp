#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "platform/base/awaitable.hpp"

namespace platform::auth {

struct PasswordConfig {
    /// OWASP's floor for argon2id: 19 MiB, two passes, one lane. Raise them and each password is hashed again
    /// at its next login.
    std::size_t memory_kib = 19'456;
    unsigned passes = 2;
    /// Hashes that may wait for the worker, and for how long: one hash takes tens of milliseconds, so a
    /// longer queue would only answer people who have left.
    std::size_t waiting_max = 64;
    std::chrono::milliseconds wait_ms{2'000};
};

/// Stores and checks passwords as argon2id PHC strings. All hashing runs on one worker thread of low
/// priority, so that a flood of logins takes neither the request threads nor the memory.
class PasswordHasher {
  public:
    struct Verdict {
        bool matches = false;
        /// It matched a hash made with other parameters than today's: store a new one.
        bool stale = false;
    };

    /// Throws std::invalid_argument when argon2id does not accept the parameters.
    explicit PasswordHasher(PasswordConfig config);
    ~PasswordHasher();

    /// A PHC string with a fresh salt. Throws platform::Unavailable when too many are waiting.
    awaitable<std::string> hash(std::string password);

    /// Compares with a stored PHC string; no stored one (an unknown user) does the same work on a made-up
    /// hash and never matches, so that the time says nothing. Throws platform::Unavailable as hash() does.
    awaitable<Verdict> check(std::string password, std::optional<std::string> stored);

    /// Ends the worker after the hash it is at; what still waits throws platform::Unavailable.
    void stop_and_wait();

  private:
    class Worker;

    const PasswordConfig config_;
    const std::string made_up_;
    std::unique_ptr<Worker> worker_;
};

}  // namespace platform::auth
