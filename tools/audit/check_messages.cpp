#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>

#include "shared/app/subscriptions.hpp"
#include "tools/audit/audit.hpp"

namespace shop::audit {

namespace {

constexpr std::string_view dead_letters = ".dead";

std::string outbox_row(const Subject& subject, const Sent& event) {
    return row(database_of(subject.text(event.service)) + ".outbox", "id", event.id.text());
}

std::string inbox_row(std::string_view queue, Uuid id) {
    return row(database_of(queue) + ".inbox", "message_id", id.text()) + " consumer=" + std::string(queue);
}

Check nothing_unsent(const Subject& subject) {
    Check check{"A8", "every event in an outbox has been published"};
    if (!subject.sums()) return check;  // Made of what is unsent, not message by message.
    for (const auto& event : subject.books.sent)
        if (!event.sent_at && subject.settled(event.created_at))
            check.found({.subject = event.id.text(),
                         .detail = subject.text(event.type) + " of " + subject.text(event.service) +
                                   ", written at " + platform::rfc3339(event.created_at),
                         .rows = {outbox_row(subject, event)}});
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
            check.found(
                {.subject = event.id.text(),
                 .detail =
                     what + " was handled by " + subject.text(mark->queue) + ", which does not subscribe",
                 .rows = {outbox_row(subject, event), inbox_row(subject.text(mark->queue), event.id)}});
    for (auto mark = begin; mark != end; ++mark)
        if (mark != begin && mark->queue == std::prev(mark)->queue)
            check.found(
                {.subject = event.id.text(),
                 .detail = what + " was handled twice by " + subject.text(mark->queue),
                 .rows = {outbox_row(subject, event), inbox_row(subject.text(mark->queue), event.id)}});
    if (!event.sent_at || !subject.settled(*event.sent_at) || time_of(event.id) < subject.retained_since)
        return;
    for (const Name queue : queues)
        if (std::none_of(begin, end, [&](const Handled& mark) { return mark.queue == queue; }))
            check.found({.subject = event.id.text(),
                         .detail = what + ", published at " + platform::rfc3339(*event.sent_at) +
                                   ", was never handled by " + subject.text(queue),
                         .rows = {outbox_row(subject, event), inbox_row(subject.text(queue), event.id)}});
}

Check sent_is_handled(const Subject& subject) {
    Check check{"A9", "every published event was handled by each subscriber, and none that nobody sent"};
    if (!subject.single_orders()) return check;
    const auto by_type = subscribers(subject.books.names);
    const std::set<Name> nobody;
    const auto& handled = subject.books.handled;
    auto mark = handled.begin();
    const auto unsent_until = [&](auto takes) {
        for (; mark != handled.end() && takes(*mark); ++mark)
            if (subject.settled(mark->at) && time_of(mark->id) >= subject.retained_since)
                check.found({.subject = mark->id.text(),
                             .detail = "was handled by " + subject.text(mark->queue) + ", and nobody sent it",
                             .rows = {inbox_row(subject.text(mark->queue), mark->id)}});
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
    const auto wrong = [&](const std::string& queue, std::string detail, std::int64_t messages) {
        check.found({.subject = queue,
                     .detail = std::move(detail),
                     .wrong = messages,
                     .rows = {"broker: queue " + queue}});
    };
    std::set<std::string_view> missing;
    for (const auto& one : subscriptions) missing.insert(one.queue);
    for (const auto& queue : *subject.books.queues) {
        missing.erase(queue.name);
        if (queue.messages == 0 && queue.unacknowledged == 0) continue;
        if (queue.name.ends_with(dead_letters))
            wrong(queue.name, std::to_string(queue.messages) + " dead letters", queue.messages);
        else if (subject.settled_until)
            check.notices.push_back(queue.name + ": " + contents(queue) + " (the platform is running)");
        else
            wrong(queue.name, contents(queue), queue.messages);
    }
    for (const auto queue : missing) wrong(std::string(queue), "there is no such queue", 1);
    return check;
}

}  // namespace

void check_messages(const Subject& subject, Checks& checks) {
    checks.push_back(nothing_unsent(subject));
    checks.push_back(sent_is_handled(subject));
    checks.push_back(queues_are_empty(subject));
}

}  // namespace shop::audit
