#include "tools/load/options.hpp"

#include <array>
#include <optional>

#include "platform/base/number.hpp"

namespace shop::load {

const std::string_view usage =
    "usage: ./shop bench orders [options]\n"
    "  --orders N              orders in each round (60000)\n"
    "  --rounds N              rounds; the median counts (3)\n"
    "  --clients N             connections, each with one order under way (64)\n"
    "  --users N               customers who order, registered for this run (50)\n"
    "  --lines N | MIN..MAX    lines of an order (1..3)\n"
    "  --skus N                articles that are ordered, made when missing (200)\n"
    "  --via direct|gateway|both\n"
    "                          to order-service, through the gateway, or both in turn (direct)\n"
    "  --warm-up N             orders before the first round that do not count (1000)\n"
    "  --seed N                decides what is ordered (1)\n"
    "  --json FILE             writes the figures there as well\n";

namespace {

struct Range {
    std::int64_t low;
    std::int64_t high;
};

/// An option whose value is a plain number.
struct Number {
    std::string_view name;
    std::int64_t Options::* member;
    Range allowed;
};

constexpr std::array numbers{
    Number{"--orders", &Options::orders, {1, 10'000'000}},
    Number{"--rounds", &Options::rounds, {1, 100}},
    Number{"--clients", &Options::clients, {1, 4'096}},
    Number{"--users", &Options::users, {1, 1'000}},
    Number{"--skus", &Options::skus, {1, 10'000}},
    Number{"--warm-up", &Options::warm_up, {0, 1'000'000}},
};
/// What order-service takes in one order.
constexpr Range lines_allowed{1, 50};

bool within(std::int64_t number, Range allowed) { return number >= allowed.low && number <= allowed.high; }

std::string must_be(std::string_view name, Range allowed) {
    return std::string(name) + " must be a number from " + std::to_string(allowed.low) + " to " +
           std::to_string(allowed.high);
}

/// Each reads one value into the options and returns what is wrong with it.
using Fault = std::optional<std::string>;

Fault read_lines(Options& options, std::string_view value) {
    const auto dots = value.find("..");
    const auto low = platform::number_of<std::int64_t>(value.substr(0, dots));
    const auto high =
        dots == std::string_view::npos ? low : platform::number_of<std::int64_t>(value.substr(dots + 2));
    if (!low || !high || !within(*low, lines_allowed) || !within(*high, lines_allowed) || *low > *high)
        return "--lines must be a number from 1 to 50, or two of them like 1..3";
    options.lines_min = *low;
    options.lines_max = *high;
    return std::nullopt;
}

Fault read_ways(Options& options, std::string_view value) {
    if (value == "direct") {
        options.ways = {Way::direct};
    } else if (value == "gateway") {
        options.ways = {Way::gateway};
    } else if (value == "both") {
        options.ways = {Way::direct, Way::gateway};
    } else {
        return "--via must be direct, gateway or both";
    }
    return std::nullopt;
}

Fault read_seed(Options& options, std::string_view value) {
    const auto seed = platform::number_of<std::uint64_t>(value);
    if (!seed) return "--seed must be a whole number";
    options.seed = *seed;
    return std::nullopt;
}

Fault read_option(Options& options, std::string_view name, std::string_view value) {
    for (const auto& number : numbers) {
        if (name != number.name) continue;
        const auto read = platform::number_of<std::int64_t>(value);
        if (!read || !within(*read, number.allowed)) return must_be(name, number.allowed);
        options.*number.member = *read;
        return std::nullopt;
    }
    if (name == "--lines") return read_lines(options, value);
    if (name == "--via") return read_ways(options, value);
    if (name == "--seed") return read_seed(options, value);
    if (name != "--json") return "there is no option " + std::string(name);
    if (value.empty()) return "--json needs the name of a file";
    options.json = value;
    return std::nullopt;
}

}  // namespace

std::string_view name_of(Way way) { return way == Way::direct ? "direct" : "gateway"; }

std::expected<Options, std::string> read_options(std::span<const std::string_view> arguments) {
    Options options;
    // Orders are what there is to measure, so naming them is a courtesy.
    if (!arguments.empty() && arguments[0] == "orders") arguments = arguments.subspan(1);
    while (!arguments.empty()) {
        const auto name = arguments[0];
        if (name == "--help" || name == "-h") return std::unexpected("");
        if (!name.starts_with("--"))
            return std::unexpected("there is nothing to measure called " + std::string(name));
        if (arguments.size() < 2) return std::unexpected(std::string(name) + " needs a value");
        if (auto fault = read_option(options, name, arguments[1])) return std::unexpected(std::move(*fault));
        arguments = arguments.subspan(2);
    }
    if (options.lines_max > options.skus)
        return std::unexpected(
            "the lines of an order name different articles: --skus must not be less than --lines");
    return options;
}

}  // namespace shop::load
