#include "tools/audit/command_line.hpp"

#include "platform/base/number.hpp"

namespace shop::audit {

const std::string_view usage =
    "usage: ./shop audit [--json FILE] [--grace SECONDS] [--clients FILE]\n"
    "  --json FILE      the report as JSON too\n"
    "  --grace SECONDS  the platform is in use: leave out what is younger than this\n"
    "  --clients FILE   what clients asked for and were told, as JSON lines\n"
    "Exit code: 0 books balanced, 1 unbalanced, 2 the audit could not be made\n";

namespace {

constexpr int grace_max = 86'400;

std::optional<std::chrono::seconds> seconds(std::string_view text) {
    const auto value = platform::number_of<int>(text);
    if (!value || *value < 0 || *value > grace_max) return std::nullopt;
    return std::chrono::seconds(*value);
}

}  // namespace

std::expected<Command, std::string> read_command_line(std::span<const std::string_view> arguments) {
    Command command;
    for (std::size_t i = 0; i < arguments.size(); i += 2) {
        const auto name = arguments[i];
        if (name == "--help" || name == "-h") return std::unexpected("");
        if (name != "--json" && name != "--grace" && name != "--clients")
            return std::unexpected("no such option: " + std::string(name));
        if (i + 1 == arguments.size()) return std::unexpected(std::string(name) + " needs a value");
        const auto value = arguments[i + 1];
        if (name == "--json") {
            command.json_file = value;
        } else if (name == "--clients") {
            command.clients_file = value;
        } else {
            command.grace = seconds(value);
            if (!command.grace)
                return std::unexpected("--grace must be a number of seconds from 0 to " +
                                       std::to_string(grace_max));
        }
    }
    return command;
}

std::expected<Sources, std::string> read_sources(const std::function<const char*(const char*)>& environment) {
    Sources sources;
    std::string missing;
    const auto required = [&](const char* name, std::string& target) {
        const char* value = environment(name);
        if (value && *value)
            target = value;
        else
            missing += (missing.empty() ? "" : ", ") + std::string(name);
    };
    required("SHOP_USER_DATABASE_URL", sources.databases.user);
    required("SHOP_PRODUCT_DATABASE_URL", sources.databases.product);
    required("SHOP_ORDER_DATABASE_URL", sources.databases.order);
    required("SHOP_INVENTORY_DATABASE_URL", sources.databases.inventory);
    required("SHOP_PAYMENT_DATABASE_URL", sources.databases.payment);
    required("SHOP_BROKER_MANAGEMENT_URL", sources.broker_management);
    if (const char* log = environment("SHOP_PROVIDER_LOG")) sources.provider_log = log;
    if (const char* redis = environment("SHOP_REDIS_URL")) sources.redis = redis;
    if (!missing.empty()) return std::unexpected("not set: " + missing + "; start this as ./shop audit");
    return sources;
}

}  // namespace shop::audit
