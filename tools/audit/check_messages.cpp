#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "shared/app/subscriptions.hpp"
#include "tools/audit/audit.hpp"

namespace shop::audit {

namespace {

constexpr std::string_view dead_letters = ".dead";

Check nothing_unsent(const Subject& subject) {
    Check check{"A8", "every event in an outbox has been published"};
    for (const auto& event : subject.books.sent)
        if (!event.sent_at && subject.settled(event.created_at))
            check.found(event.id.text(), subject.text(event.type) + " of " + subject.text(event.service) +
                                             ", written at " + platform::rfc3339(event.created_at));
    return check;
}

/// The queues that must handle each type. audit() has given all of them names.
std::map<Name, std::set<Name>> subscribers(const Names& names) {
    std::map<Name, std::set<Name>> queues;
    for (const auto& one : subscriptions) queues[*names.find(one.type)].insert(*names.find(one.queue));
    return queues;
}

Time time_of(Uuid id) { return Time(std::chrono::milliseconds(id.unix_milliseconds())); }

using Mark = std::vector<Handled>::const_iterator;

/// One event against the inboxes that know it, which are [begin, end).
void compare(const Subject& subject, const Sent& event, const std::set<Name>& queues, Mark begin, Mark end,
             Check& check) {
    const auto what = subject.text(event.type) + " of " + subject.text(event.service);
    for (auto mark = begin; mark != end; ++mark)
        if (!queues.contains(mark->queue))
            check.found(event.id.text(),
                        what + " was handled by " + subject.text(mark->queue) + ", which does not subscribe");
    if (!event.sent_at || !subject.settled(*event.sent_at) || time_of(event.id) < subject.retained_since)
        return;
    for (const Name queue : queues)
        if (std::none_of(begin, end, [&](const Handled& mark) { return mark.queue == queue; }))
            check.found(event.id.text(), what + ", published at " + platform::rfc3339(*event.sent_at) +
                                             ", was never handled by " + subject.text(queue));
}

Check sent_is_handled(const Subject& subject) {
    Check check{"A9", "every published event was handled by each subscriber, and none that nobody sent"};
    const auto by_type = subscribers(subject.books.names);
    const std::set<Name> nobody;
    const auto& handled = subject.books.handled;
    auto mark = handled.begin();
    const auto unsent_until = [&](auto takes) {
        for (; mark != handled.end() && takes(*mark); ++mark)
            if (subject.settled(mark->at) && time_of(mark->id) >= subject.retained_since)
                check.found(mark->id.text(),
                            "was handled by " + subject.text(mark->queue) + ", and nobody sent it");
    };
    for (const auto& event : subject.books.sent) {
        unsent_until([&](const Handled& one) { return one.id < event.id; });
        const auto begin = mark;
        while (mark != handled.end() && mark->id == event.id) ++mark;
        const auto queues = by_type.find(event.type);
        compare(subject, event, queues == by_type.end() ? nobody : queues->second, begin, mark, check);
    }
    unsent_until([](const Handled&) { return true; });
    return check;
}

std::string contents(const Queue& queue) {
    return std::to_string(queue.messages) + " messages, " + std::to_string(queue.unacknowledged) +
           " of them unacknowledged";
}

Check queues_are_empty(const Subject& subject) {
    Check check{"A16", "every queue is there and empty, and no letter is dead"};
    if (!subject.books.queues) {
        check.not_applicable = "not applicable: the broker was not asked";
        return check;
    }
    std::set<std::string_view> missing;
    for (const auto& one : subscriptions) missing.insert(one.queue);
    for (const auto& queue : *subject.books.queues) {
        missing.erase(queue.name);
        if (queue.messages == 0 && queue.unacknowledged == 0) continue;
        if (queue.name.ends_with(dead_letters))
            check.found(queue.name, std::to_string(queue.messages) + " dead letters");
        else if (subject.settled_until)
            check.notices.push_back(queue.name + ": " + contents(queue) + " (the platform is running)");
        else
            check.found(queue.name, contents(queue));
    }
    for (const auto queue : missing) check.found(std::string(queue), "there is no such queue");
    return check;
}

}  // namespace

void check_messages(const Subject& subject, Checks& checks) {
    checks.push_back(nothing_unsent(subject));
    checks.push_back(sent_is_handled(subject));
    checks.push_back(queues_are_empty(subject));
}

}  // namespace shop::audit
