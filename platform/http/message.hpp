#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/base/awaitable.hpp"
#include "platform/telemetry/trace.hpp"

namespace platform::http {

/// Header fields in the order they came. Names compare without regard to case. One block of text holds all of
/// them, because a request has a dozen and an allocation for each would cost more than parsing them.
class Headers {
  public:
    struct Entry {
        std::string_view name;
        std::string_view value;
    };

    Headers() = default;
    Headers(std::initializer_list<Entry> entries);

    void add(std::string_view name, std::string_view value);

    /// The first field of that name. The view lives until the next add().
    std::optional<std::string_view> find(std::string_view name) const;

    std::size_t count(std::string_view name) const;
    std::size_t size() const { return fields_.size(); }
    Entry operator[](std::size_t index) const;

    /// Makes room for a head of that many bytes at once.
    void reserve(std::size_t text_bytes, std::size_t fields);

  private:
    struct Place {
        std::uint32_t begin;
        std::uint32_t name_length;
        std::uint32_t value_length;
    };

    std::string text_;
    std::vector<Place> fields_;
};

/// True when the two are the same but for the case of ASCII letters.
bool equal_ignoring_case(std::string_view one, std::string_view other);

struct Request {
    std::string method = "GET";
    std::string path;   // As received, still percent-encoded, without the query.
    std::string query;  // As received, without the question mark.
    Headers headers;
    std::string body;
    std::string remote_address;
    std::string request_id;               // The caller's X-Request-ID if it was usable, else ours.
    std::vector<std::string> parameters;  // Decoded {path} parameters in order; filled by the route table.
    telemetry::Trace trace;
    /// When the client will be told that it took too long. Work may go on after that; it should not begin.
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};

struct Response {
    int status = 200;  // 0: no answer at all, the connection is closed; for simulators of peers that fail.
    std::string body;
    std::string content_type = "application/json";
    std::vector<std::pair<std::string, std::string>> headers;
};

/// Answers one request. It may throw; whatever it throws becomes a 500 without detail.
using Handler = std::function<awaitable<Response>(Request)>;

}  // namespace platform::http
