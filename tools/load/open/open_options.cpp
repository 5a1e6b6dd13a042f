#include "tools/load/open/open_options.hpp"

#include <array>
#include <charconv>
#include <optional>

#include "platform/base/number.hpp"

namespace shop::load {

const std::string_view open_usage =
    "usage: shop-open-load --gateway URL --tokens FILE --articles FILE --history FILE [options]\n"
    "  --gateway URL     where the customers send their requests\n"
    "  --tokens FILE     one customer a line: user id, blank, access token\n"
    "  --articles FILE   one SKU a line, the most popular first\n"
    "  --history FILE    every operation is appended there when it begins and when it ends\n"
    "  --rate N          arrivals a second (15)\n"
    "  --seconds N       how long customers arrive (60); those under way may finish\n"
    "  --retries N       how often one request is sent again under its key (3)\n"
    "  --answer-ms N     how long one attempt waits for its answer (10000)\n"
    "  --popularity S    exponent of Zipf's law (1.1)\n"
    "  --seed N          decides who wants what (1)\n"
    "  --product ID      a product that customers look at, too\n"
    "  --json FILE       writes the figures there\n"
    "SIGTERM ends the arrivals early.\n";

namespace {

using Fault = std::optional<std::string>;

template <class T>
struct Number {
    std::string_view name;
    T OpenOptions::* member;
    T low;
    T high;
};

constexpr std::array whole_numbers{
    Number<std::int64_t>{"--seconds", &OpenOptions::seconds, 1, 86'400},
    Number<std::int64_t>{"--retries", &OpenOptions::retries, 0, 100},
    Number<std::int64_t>{"--answer-ms", &OpenOptions::answer_ms, 1, 600'000},
};
constexpr std::array fractions{
    Number<double>{"--rate", &OpenOptions::rate, 0.01, 10'000},
    Number<double>{"--popularity", &OpenOptions::popularity, 0, 10},
};

struct Text {
    std::string_view name;
    std::string OpenOptions::* member;
    bool required;
};

constexpr std::array texts{
    Text{"--gateway", &OpenOptions::gateway, true},   Text{"--tokens", &OpenOptions::tokens, true},
    Text{"--articles", &OpenOptions::articles, true}, Text{"--history", &OpenOptions::history, true},
    Text{"--json", &OpenOptions::json, false},        Text{"--product", &OpenOptions::product, false},
};

/// As short as it can be read back.
template <class T>
std::string text_of(T number) {
    std::array<char, 32> buffer{};
    const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
    return {buffer.data(), written.ptr};
}

template <class T>
Fault read_number(OpenOptions& options, const Number<T>& number, std::string_view value) {
    const auto read = platform::number_of<T>(value);
    if (!read || !(*read >= number.low && *read <= number.high))
        return std::string(number.name) + " must be a number from " + text_of(number.low) + " to " +
               text_of(number.high);
    options.*number.member = *read;
    return std::nullopt;
}

Fault read_one(OpenOptions& options, std::string_view name, std::string_view value) {
    for (const auto& number : whole_numbers)
        if (name == number.name) return read_number(options, number, value);
    for (const auto& number : fractions)
        if (name == number.name) return read_number(options, number, value);
    for (const auto& text : texts) {
        if (name != text.name) continue;
        options.*text.member = value;
        return std::nullopt;
    }
    if (name != "--seed") return "there is no option " + std::string(name);
    const auto seed = platform::number_of<std::uint64_t>(value);
    if (!seed) return "--seed must be a whole number";
    options.seed = *seed;
    return std::nullopt;
}

}  // namespace

std::expected<OpenOptions, std::string> read_open_options(std::span<const std::string_view> arguments) {
    OpenOptions options;
    for (; !arguments.empty(); arguments = arguments.subspan(2)) {
        const auto name = arguments[0];
        if (name == "--help" || name == "-h") return std::unexpected("");
        if (arguments.size() < 2) return std::unexpected(std::string(name) + " needs a value");
        if (auto fault = read_one(options, name, arguments[1])) return std::unexpected(std::move(*fault));
    }
    for (const auto& text : texts)
        if (text.required && (options.*text.member).empty())
            return std::unexpected(std::string(text.name) + " is missing");
    return options;
}

}  // namespace shop::load
