#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace platform::telemetry {

/// Where a piece of work stands in a distributed trace (W3C Trace Context, `traceparent`).
struct Trace {
    std::array<std::uint8_t, 16> trace_id{};
    std::array<std::uint8_t, 8> span_id{};
    std::uint8_t flags = 0;

    bool operator==(const Trace&) const = default;

    /// A new sampled trace with random ids. They name things and protect nothing, so they need not be secret.
    static Trace start();

    /// Reads a traceparent header; nothing for what the specification calls invalid, so that the caller
    /// starts a trace of its own instead of passing rubbish on.
    static std::optional<Trace> parse(std::string_view traceparent);

    /// The same trace, a new span.
    Trace child() const;

    /// False for the all-zero trace that a default-constructed value is.
    bool valid() const;

    /// The traceparent header value.
    std::string header() const;

    /// The trace id as 32 hexadecimal digits: what a log line and a problem document quote.
    std::string id_text() const;
};

}  // namespace platform::telemetry
