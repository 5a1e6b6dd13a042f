#pragma once

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "platform/messaging/message.hpp"
#include "tests/simulation/faults.hpp"

/// What the memory twins of the three databases share: inbox, outbox, and a commit that may be lost.
namespace simulation {

template <class Event>
struct Sent {
    platform::Uuid id;
    Event event;
};

/// Rows of one database beyond its aggregates.
template <class Event>
struct Books {
    std::set<platform::Uuid> inbox;
    std::vector<Sent<Event>> unsent;
};

/// Keeps what is new, each id once, and stages the marks.
template <class Message>
std::vector<Message> keep_new(std::vector<Message> messages, const std::set<platform::Uuid>& inbox,
                              std::set<platform::Uuid>& marks, Faults& faults) {
    std::vector<Message> fresh;
    for (auto& message : messages) {
        const bool known = inbox.contains(message.id) || !marks.insert(message.id).second;
        if (known) ++faults.coverage["duplicate suppressed"];
        if (!known || faults.bug == Bug::no_inbox) fresh.push_back(std::move(message));
    }
    return fresh;
}

/// Calls `apply` as a database commits: it happens, it does not, or nobody knows.
template <class Apply>
void commit(Faults& faults, Apply apply) {
    faults.port_call();
    if (faults.happens(faults.rates.commit_unknown, "commit unknown")) {
        if (faults.random.chance(0.5)) apply();
        throw CommitUnknown{};
    }
    apply();
    if (faults.happens(faults.rates.crash, "crash after commit")) throw Crash{};
}

}  // namespace simulation
