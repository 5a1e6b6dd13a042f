#include "tools/audit/standing.hpp"

#include <algorithm>

namespace shop::audit {

namespace {

constexpr std::size_t kept_max = 5'000;  // Per check.
constexpr std::string_view twice = "A16";

/// When its order or message was made; the slice's begin for what has no such id.
Time time_of(const Offender& offender, const Span& span) {
    const auto id = Uuid::parse(offender.subject);
    const bool ours = id && span.holds(*id);
    return ours ? Time(std::chrono::milliseconds(id->unix_milliseconds())) : span.from;
}

/// Only those offenders of a check that are in the set.
Check narrowed(const Check& check, const std::set<std::string>& subjects) {
    Check narrow{.id = check.id,
                 .statement = check.statement,
                 .not_applicable = check.not_applicable,
                 .notices = check.notices};
    for (const auto& one : check.offenders)
        if (subjects.contains(one.subject)) narrow.found(one);
    return narrow;
}

}  // namespace

void Standing::replace(const Span& span, const Checks& checks) {
    for (auto& [id, offenders] : sliced_)
        offenders.erase(offenders.lower_bound(span.from), offenders.lower_bound(span.until));
    for (const auto& check : checks) {
        if (check.offenders.empty()) continue;
        auto& offenders = sliced_[std::string(check.id)];
        for (const auto& one : check.offenders)
            if (offenders.size() < kept_max) offenders.emplace(time_of(one, span), one);
    }
}

void Standing::replace_open(Checks checks) {
    for (auto& check : checks) {
        const std::string id(check.id);
        const auto before = open_.find(id);
        const bool made = check.not_applicable.empty();
        if (!made && before != open_.end() && before->second.not_applicable.empty()) continue;
        if (id == twice) {
            std::set<std::string> seen;
            for (const auto& one : check.offenders) seen.insert(one.subject);
            auto& once = seen_once_[id];
            check = narrowed(check, once);
            once = std::move(seen);
        }
        open_.insert_or_assign(id, std::move(check));
    }
}

Checks Standing::checks() const {
    Checks all;
    for (const auto& [id, open] : open_) {
        Check check{.id = open.id,
                    .statement = open.statement,
                    .not_applicable = open.not_applicable,
                    .notices = open.notices};
        if (const auto sliced = sliced_.find(id); sliced != sliced_.end())
            for (const auto& [at, offender] : sliced->second) check.found(offender);
        for (const auto& offender : open.offenders) check.found(offender);
        all.push_back(std::move(check));
    }
    std::ranges::sort(all, {}, [](const Check& check) { return std::pair(check.id.size(), check.id); });
    return all;
}

std::optional<Time> Standing::revisit() {
    std::optional<Time> next, first;
    const auto earlier = [](std::optional<Time>& least, Time at) {
        if (!least || at < *least) least = at;
    };
    for (const auto& [id, offenders] : sliced_) {
        if (offenders.empty()) continue;
        earlier(first, offenders.begin()->first);
        if (const auto after = offenders.upper_bound(revisited_); after != offenders.end())
            earlier(next, after->first);
    }
    if (!next) next = first;
    if (next) revisited_ = *next;
    return next;
}

}  // namespace shop::audit
