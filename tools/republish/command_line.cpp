#include "tools/republish/command_line.hpp"

#include <algorithm>
#include <array>

#include "platform/base/number.hpp"

namespace shop::republish {

const std::string_view usage =
    "usage: ./shop republish --from TIME [options]\n"
    "  --from TIME      events from then on, like 2026-11-22T18:00:00Z\n"
    "  --to TIME        events before then (now)\n"
    "  --subject TEXT   only what is about this order id or SKU\n"
    "  --type NAME      only this type of event\n"
    "  --service NAME   only what user, product, order, inventory or payment has published\n"
    "  --times N        so many copies of each (1)\n"
    "  --shuffle SEED   in a random order instead of the oldest first\n"
    "Events keep their ids, so whoever has handled one already recognises it. How far back there are events "
    "is\n"
    "decided by SHOP_MESSAGE_RETENTION_H of each service.\n";

namespace {

constexpr std::int64_t times_max = 100;

struct Known {
    std::string_view service;
    const char* variable;
};

constexpr std::array known{
    Known{"user", "SHOP_USER_DATABASE_URL"},       Known{"product", "SHOP_PRODUCT_DATABASE_URL"},
    Known{"order", "SHOP_ORDER_DATABASE_URL"},     Known{"inventory", "SHOP_INVENTORY_DATABASE_URL"},
    Known{"payment", "SHOP_PAYMENT_DATABASE_URL"},
};

using Fault = std::optional<std::string>;

Fault read_number(Command& command, std::string_view name, std::string_view value) {
    if (name == "--shuffle") {
        command.shuffle = platform::number_of<std::uint64_t>(value);
        return command.shuffle ? std::nullopt : Fault("--shuffle must be a whole number");
    }
    const auto times = platform::number_of<std::int64_t>(value);
    if (!times || *times < 1 || *times > times_max)
        return "--times must be a number from 1 to " + std::to_string(times_max);
    command.times = *times;
    return std::nullopt;
}

Fault read_time(std::string_view name, std::string_view value, std::optional<platform::Time>& time) {
    time = platform::parse_rfc3339(value);
    if (time) return std::nullopt;
    return std::string(name) + " must be a time like 2026-11-22T18:00:00Z";
}

Fault read_service(Command& command, std::string_view value) {
    if (std::ranges::find(known, value, &Known::service) == known.end())
        return "--service must be user, product, order, inventory or payment";
    command.service = value;
    return std::nullopt;
}

Fault read_one(Command& command, std::optional<platform::Time>& from, std::string_view name,
               std::string_view value) {
    if (name == "--from") return read_time(name, value, from);
    if (name == "--to") return read_time(name, value, command.to);
    if (name == "--times" || name == "--shuffle") return read_number(command, name, value);
    if (name == "--service") return read_service(command, value);
    if (name != "--subject" && name != "--type") return "there is no option " + std::string(name);
    if (value.empty()) return std::string(name) + " needs a value";
    (name == "--subject" ? command.subject : command.type) = value;
    return std::nullopt;
}

}  // namespace

std::expected<Command, std::string> read_command_line(std::span<const std::string_view> arguments) {
    Command command;
    std::optional<platform::Time> from;
    for (; !arguments.empty(); arguments = arguments.subspan(2)) {
        const auto name = arguments[0];
        if (name == "--help" || name == "-h") return std::unexpected("");
        if (arguments.size() < 2) return std::unexpected(std::string(name) + " needs a value");
        if (auto fault = read_one(command, from, name, arguments[1]))
            return std::unexpected(std::move(*fault));
    }
    // Nobody shall publish everything again by leaving something out.
    if (!from) return std::unexpected("--from is missing: from when on shall events be published again?");
    command.from = *from;
    if (command.to && *command.to <= command.from) return std::unexpected("--to must be later than --from");
    return command;
}

std::expected<Sources, std::string> read_sources(const std::function<const char*(const char*)>& environment) {
    Sources sources;
    std::string missing;
    const auto required = [&](const char* name) -> std::string {
        const char* value = environment(name);
        if (value && *value) return value;
        missing += (missing.empty() ? "" : ", ") + std::string(name);
        return {};
    };
    for (const auto& one : known)
        sources.services.push_back({std::string(one.service), required(one.variable)});
    sources.broker_url = required("SHOP_BROKER_URL");
    if (!missing.empty()) return std::unexpected("not set: " + missing + "; start this as ./shop republish");
    return sources;
}

}  // namespace shop::republish
