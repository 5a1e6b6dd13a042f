#include <cstdio>
#include <cstdlib>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "platform/messaging/dead_letters.hpp"
#include "shared/app/subscriptions.hpp"
#include "tools/dead-letters/command_line.hpp"
#include "tools/dead-letters/report.hpp"

namespace {

using namespace shop::dead_letters;
using platform::messaging::DeadLetters;

/// AMQP has no way to ask which queues there are.
std::set<std::string> queues() {
    std::set<std::string> names;
    for (const auto& one : shop::subscriptions) names.emplace(one.queue);
    return names;
}

void say(const std::string& text) { std::fputs(text.c_str(), stdout); }

int run(DeadLetters& letters, const Counts&) {
    for (const auto& queue : queues()) {
        try {
            say(queue + "  " + std::to_string(letters.count(queue)) + "\n");
        } catch (const std::invalid_argument&) {
            say(queue + "  not declared yet\n");
        }
    }
    return 0;
}

int run(DeadLetters& letters, const List& command) {
    for (const auto& letter : letters.list(command.queue, command.limit)) say(line_of(letter));
    return 0;
}

int run(DeadLetters& letters, const Show& command) {
    const auto letter = letters.find(command.queue, command.id);
    if (!letter)
        throw std::invalid_argument("no dead letter of " + command.queue + " has the id " + command.id);
    say(page_of(*letter));
    return 0;
}

int run(DeadLetters& letters, const Requeue& command) {
    const std::size_t requeued = letters.requeue(command.queue, command.id);
    if (command.id && requeued == 0)
        throw std::invalid_argument("no dead letter of " + command.queue + " has the id " + *command.id);
    say(std::to_string(requeued) + " handed back to " + command.queue + "\n");
    return 0;
}

int complain(const std::string& why) {
    std::fputs(("dead-letters: " + why + "\n").c_str(), stderr);
    return 1;
}

}  // namespace

int main(int count, char** values) {
    const std::vector<std::string_view> arguments(values + 1, values + count);
    const auto command = read_command_line(arguments);
    if (!command) {
        const bool asked = command.error().empty();
        if (!asked) complain(command.error());
        std::fputs(std::string(usage).c_str(), asked ? stdout : stderr);
        return asked ? 0 : 2;
    }
    const char* url = std::getenv("SHOP_BROKER_URL");
    if (!url) return complain("SHOP_BROKER_URL is not set; start this as ./shop dead-letters");
    try {
        DeadLetters letters({.url = url, .name = "shop"});
        return std::visit([&](const auto& chosen) { return run(letters, chosen); }, *command);
    } catch (const std::exception& e) {
        return complain(e.what());
    }
}
