#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "tools/audit/command_line.hpp"
#include "tools/audit/read_broker.hpp"
#include "tools/audit/read_cache.hpp"
#include "tools/audit/read_clients.hpp"
#include "tools/audit/read_provider.hpp"
#include "tools/audit/report.hpp"

namespace {

using namespace shop::audit;

constexpr int unbalanced = 1, not_made = 2;
// Longer than the interval in which the broker counts.
constexpr std::chrono::seconds broker_patience{12};
/// The longest table takes a while, and so does digesting it.
constexpr std::chrono::minutes statement_timeout{10};
constexpr std::size_t cached_products_max = 200;

int complain(const std::string& why) {
    std::fputs(("audit: " + why + "\n").c_str(), stderr);
    return not_made;
}

int run(const Command& command, const Sources& sources) {
    const auto began = std::chrono::steady_clock::now();
    Books books;
    // What was acknowledged before the snapshots must be in them.
    if (!command.clients_file.empty()) books.clients = read_clients(command.clients_file);
    if (!sources.redis.empty()) books.cache = read_cache(sources.redis, cached_products_max);
    Databases databases(sources.databases, statement_timeout, Rows::streamed);
    databases.read_all(books);
    if (books.cache) read_cached_products(databases.product(), *books.cache);
    databases.end();
    if (!sources.provider_log.empty()) books.provider = read_provider_log(sources.provider_log, books.names);
    books.queues =
        read_queues(sources.broker_management, command.grace ? std::chrono::seconds{0} : broker_patience);
    const auto checks = audit(books, {.grace = command.grace});
    auto extent = extent_of(books);
    extent.grace = command.grace;
    extent.took =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
    if (!command.json_file.empty()) {
        std::ofstream file(command.json_file);
        file << json_report(checks, extent);
        if (!file.flush()) throw std::runtime_error("cannot write " + command.json_file);
    }
    std::fputs(text_report(checks, extent).c_str(), stdout);
    return balanced(checks) ? 0 : unbalanced;
}

}  // namespace

int main(int count, char** values) {
    const std::vector<std::string_view> arguments(values + 1, values + count);
    const auto command = read_command_line(arguments);
    if (!command) {
        const bool asked = command.error().empty();
        if (!asked) complain(command.error());
        std::fputs(std::string(usage).c_str(), asked ? stdout : stderr);
        return asked ? 0 : not_made;
    }
    const auto sources = read_sources([](const char* name) { return std::getenv(name); });
    if (!sources) return complain(sources.error());
    try {
        return run(*command, *sources);
    } catch (const std::exception& failure) {
        return complain(failure.what());
    }
}
