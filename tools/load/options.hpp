#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shop::load {

/// The way that orders take into the shop.
enum class Way { direct, gateway };

std::string_view name_of(Way way);

/// What is measured. Every member has the value that it has when its option is not given.
struct Options {
    std::int64_t orders = 60'000;  // In each round.
    std::int64_t clients = 64;     // Connections; each has one order under way at a time.
    std::int64_t rounds = 3;
    std::int64_t users = 50;
    std::int64_t skus = 200;
    std::int64_t lines_min = 1;
    std::int64_t lines_max = 3;
    std::int64_t warm_up = 1'000;  // Orders before the first round that count nowhere.
    std::uint64_t seed = 1;
    std::vector<Way> ways{Way::direct};
    std::string json;  // The file for the figures; empty: none.
};

extern const std::string_view usage;

/// The arguments after the program's name. The error says what is wrong with them; it is empty when help was
/// asked for.
std::expected<Options, std::string> read_options(std::span<const std::string_view> arguments);

}  // namespace shop::load
