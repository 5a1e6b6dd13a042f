#include "tools/dead-letters/command_line.hpp"

#include <charconv>

namespace shop::dead_letters {

const std::string_view usage =
    "usage: ./shop dead-letters                         how many there are in each queue\n"
    "       ./shop dead-letters list QUEUE [--limit N]  the oldest, one line each; they stay (50 unless "
    "told)\n"
    "       ./shop dead-letters show QUEUE ID           one of them in full; it stays\n"
    "       ./shop dead-letters requeue QUEUE --id ID   hands one back to its queue\n"
    "       ./shop dead-letters requeue QUEUE --all     hands all of them back\n";

namespace {

using Arguments = std::span<const std::string_view>;
using Read = std::expected<Command, std::string>;

Read refused(std::string why) { return std::unexpected(std::move(why)); }

Read read_list(Arguments rest) {
    if (rest.size() == 1) return List{std::string(rest[0])};
    if (rest.size() != 3 || rest[1] != "--limit") return refused("list takes a queue and perhaps --limit N");
    std::size_t limit = 0;
    const char* end = rest[2].data() + rest[2].size();
    if (std::from_chars(rest[2].data(), end, limit).ptr != end || limit < 1 || limit > 10'000)
        return refused("--limit must be a number from 1 to 10000");
    return List{std::string(rest[0]), limit};
}

Read read_show(Arguments rest) {
    if (rest.size() != 2) return refused("show takes a queue and an id");
    return Show{std::string(rest[0]), std::string(rest[1])};
}

Read read_requeue(Arguments rest) {
    if (rest.size() == 2 && rest[1] == "--all") return Requeue{std::string(rest[0]), std::nullopt};
    if (rest.size() == 3 && rest[1] == "--id") return Requeue{std::string(rest[0]), std::string(rest[2])};
    return refused("requeue takes a queue and either --id ID or --all");
}

}  // namespace

Read read_command_line(Arguments arguments) {
    if (arguments.empty()) return Counts{};
    const std::string_view verb = arguments[0];
    const Arguments rest = arguments.subspan(1);
    if (verb == "--help" || verb == "-h") return refused("");
    if (verb == "counts" && rest.empty()) return Counts{};
    if (verb == "list") return read_list(rest);
    if (verb == "show") return read_show(rest);
    if (verb == "requeue") return read_requeue(rest);
    return refused("no such command: " + std::string(verb));
}

}  // namespace shop::dead_letters
