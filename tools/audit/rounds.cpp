#include "tools/audit/rounds.hpp"

#include <algorithm>

#include "tools/audit/read_broker.hpp"
#include "tools/audit/read_cache.hpp"

namespace shop::audit {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// Slices begin and end at whole milliseconds, as the ids count.
Time whole_millisecond(Time time) { return std::chrono::floor<milliseconds>(time); }

}  // namespace

Rounds::Rounds(Sources sources, RoundLimits limits) : source_(std::move(sources)), limits_(limits) {
    extent_.grace = limits_.grace;
}

void Rounds::make(const std::function<bool()>& stop) {
    began_ = Clock::now();
    Books open;
    ask_others(open);
    try {
        if (databases_)
            databases_->renew();
        else
            databases_.emplace(source_.databases, limits_.statement_timeout, Rows::at_once);
        const auto settled = whole_millisecond(databases_->now() - limits_.grace);
        if (!followed_until_) followed_until_ = settled;
        compare_open(std::move(open));
        if (const auto at = standing_.revisit(); at && *at < *followed_until_)
            compare_slice(slice_from(*at, *followed_until_));
        follow(settled, stop);
        sweep();
        databases_->end();
    } catch (const std::exception&) {  // The connections may be in the middle of something.
        databases_.reset();
        throw;
    }
    extent_.took = std::chrono::duration_cast<milliseconds>(Clock::now() - began_);
}

/// A source beside the databases that is away leaves its own checks undone, not the others.
void Rounds::attempt(const std::string& source, const std::function<void()>& ask) {
    auto& failure = failures_[source];
    failure.clear();
    try {
        ask();
    } catch (const std::exception& error) {
        failure = error.what();
        if (failure.empty()) failure = "no reason given";
    }
}

void Rounds::ask_others(Books& books) {
    attempt("broker", [&] { books.queues = read_queues(source_.broker_management, {}); });
    if (!source_.redis.empty())
        attempt("cache", [&] { books.cache = read_cache(source_.redis, limits_.cached_products); });
    if (source_.provider_log.empty()) return;
    attempt("provider", [&] {
        if (!provider_) provider_.emplace(source_.provider_log);
        provider_->advance();
    });
}

void Rounds::compare_open(Books books) {
    databases_->read_open(databases_->now() - limits_.grace, books);
    const auto began = Clock::now();
    Scope scope{.grace = limits_.grace, .part = Part::open, .levels = began >= sums_due_};
    if (scope.levels) {
        databases_->read_levels(books);
        const auto took = Clock::now() - began;
        sums_due_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(took / limits_.sums_share);
    }
    if (books.cache) read_cached_products(databases_->product(), *books.cache);
    if (provider_) books.provider = ProviderLog{.moves = {}, .damage = provider_->damage()};
    standing_.replace_open(audit(books, scope));
}

Span Rounds::slice_from(Time from, Time until) {
    Span span{from, until};
    span.until = databases_->end_of_slice(span, limits_.slice_orders);
    return span;
}

void Rounds::compare_slice(const Span& span) {
    Books books;
    databases_->read_slice(span, books);
    // The movements of older orders are not remembered any more.
    if (provider_ && span.from >= provider_->complete_since())
        books.provider = provider_->slice(span, books.names);
    const auto part = extent_of(books);
    extent_.orders += part.orders;
    extent_.reservations += part.reservations;
    extent_.payments += part.payments;
    extent_.provider_moves += part.provider_moves;
    extent_.events += part.events;
    standing_.replace(span, audit(books, {.grace = limits_.grace, .part = Part::slice}));
}

/// The orders that came of age.
void Rounds::follow(Time settled, const std::function<bool()>& stop) {
    while (*followed_until_ < settled && !stop()) {
        const auto span = slice_from(*followed_until_, settled);
        compare_slice(span);
        followed_until_ = span.until;
        if (Clock::now() - began_ >= limits_.round) break;
    }
    behind_ =
        std::chrono::duration_cast<milliseconds>(std::max(settled - *followed_until_, Time::duration{0}));
}

/// One slice of those that were looked at before, or are from before the start.
void Rounds::sweep() {
    if (behind_ > milliseconds{0}) return;
    if (!swept_until_) swept_until_ = databases_->first_order();
    if (!swept_until_ || *swept_until_ >= *followed_until_) {
        swept_until_.reset();
        return;
    }
    const auto span = slice_from(*swept_until_, *followed_until_);
    compare_slice(span);
    swept_until_ = span.until;
    if (span.until < *followed_until_) return;
    swept_until_.reset();
    ++full_passes_;
}

}  // namespace shop::audit
