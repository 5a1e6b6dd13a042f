#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "platform/base/time.hpp"

namespace shop::load {

/// How far an operation of a customer is known to have come.
enum class Phase : std::uint8_t {
    invoke,  // It is about to be sent.
    ok,      // Done.
    fail,    // Certainly not done, and never will be.
    info,    // Nobody knows.
};

/// One line of the history. All attempts of an operation under one key are one operation.
struct HistoryEntry {
    std::string at;  // RFC 3339 UTC with milliseconds.
    std::int64_t op = 0;
    std::string kind;  // "place" or "cancel"
    std::string phase;
    std::string user;
    std::string key;  // Idempotency-Key; a cancellation has none.
    std::optional<std::string> order;
    std::optional<std::int64_t> status;  // Of the last answer.
    std::optional<std::string> outcome;  // The order's status in it.

    bool operator==(const HistoryEntry&) const = default;
};
BOOST_DESCRIBE_STRUCT(HistoryEntry, (), (at, op, kind, phase, user, key, order, status, outcome))

std::string_view name_of(Phase phase);

/// What customers did and were told, as a file of JSON lines. A line is handed to the kernel before the call
/// returns, so a killed program has not forgotten what it sent.
class History {
  public:
    /// Appends to the file. Throws std::system_error when it cannot be opened.
    explicit History(const std::string& path);
    ~History();
    History(const History&) = delete;
    History& operator=(const History&) = delete;

    std::int64_t next_operation() { return ++operations_; }

    /// Fills in the time. Throws std::system_error when the line cannot be written.
    void write(HistoryEntry entry);

  private:
    int file_;
    std::int64_t operations_ = 0;
};

}  // namespace shop::load
