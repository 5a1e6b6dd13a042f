#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace shop::load {

/// Customers who arrive at a fixed rate, whatever becomes of those before them.
struct OpenOptions {
    std::string gateway;   // http://host:port
    std::string tokens;    // File: one customer a line, "<user id> <access token>".
    std::string articles;  // File: one SKU a line, the most popular first.
    std::string history;   // File that the history is appended to.
    std::string json;      // File for the figures; empty: none.
    std::string product;   // Id of a product that is looked at now and then; empty: none.
    double rate = 15;      // Arrivals a second.
    std::int64_t seconds = 60;
    std::int64_t retries = 3;         // Of one request under its key, after the first attempt.
    std::int64_t answer_ms = 10'000;  // How long one attempt waits for its answer.
    double popularity = 1.1;          // The exponent of Zipf's law.
    std::uint64_t seed = 1;
};

extern const std::string_view open_usage;

/// The arguments after the program's name. The error says what is wrong with them; it is empty when help was
/// asked for.
std::expected<OpenOptions, std::string> read_open_options(std::span<const std::string_view> arguments);

}  // namespace shop::load
