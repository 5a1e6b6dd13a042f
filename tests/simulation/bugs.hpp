#pragma once

#include <array>
#include <cstdint>
#include <string_view>

/// Bugs put in on purpose, to see that the checks find them: a check that was never seen red proves nothing.
namespace simulation {

enum class Bug : std::uint8_t {
    none,
    forgetful_release,
    late_charge_kept,
    marked_before_sent,
    acknowledged_first,
    unknown_commit_taken_for_done,
    inbox_apart,
    event_before_commit,
    ledger_apart,
    stock_undo_never_sent,
    first_line_checked_only,
    confirmed_order_cancelled,
    key_not_kept,
    lost_answer_taken_for_decline,
    lost_answer_taken_for_charge,
    refund_key_per_call,
    fresh_row_not_locked,
    stock_not_locked,
    sweep_without_lock,
    key_looked_up_without_lock,
    relay_watermark,
    stale_lease_accepted,
    // Weaknesses that other parts make up for: no check may complain.
    no_inbox,
    deducted_stock_released,
    charge_key_per_call,
};

struct BugInfo {
    Bug bug;
    std::string_view name;
    std::string_view what;
    bool interleaved = false;  // Needs two replicas that run at the same time.
};

inline constexpr std::array<BugInfo, 21> seeded_bugs{{
    {Bug::forgetful_release, "forgetful-release",
     "an undo that finds nothing leaves no note that it was there"},
    {Bug::late_charge_kept, "late-charge-kept",
     "an undo that comes while the charge is under way is forgotten"},
    {Bug::marked_before_sent, "marked-before-sent", "the relay marks events as sent and sends them then"},
    {Bug::acknowledged_first, "acknowledged-first", "a consumer acknowledges messages and handles them then"},
    {Bug::unknown_commit_taken_for_done, "unknown-commit-taken-for-done",
     "a connection lost during commit is taken for a commit"},
    {Bug::inbox_apart, "inbox-apart", "the inbox is written in a transaction before that of the effect"},
    {Bug::event_before_commit, "event-before-commit",
     "events go out before the state they tell of is committed"},
    {Bug::ledger_apart, "ledger-apart",
     "the ledger is written in a transaction of its own, before the payment"},
    {Bug::stock_undo_never_sent, "stock-undo-never-sent", "a cancelled order sends no ReleaseStock"},
    {Bug::first_line_checked_only, "first-line-checked-only",
     "availability is only checked for the first line"},
    {Bug::confirmed_order_cancelled, "confirmed-order-cancelled", "a customer can cancel a confirmed order"},
    {Bug::key_not_kept, "key-not-kept", "the idempotency key is not stored with the order"},
    {Bug::lost_answer_taken_for_decline, "lost-answer-taken-for-decline",
     "a provider that does not answer is taken for one that declined"},
    {Bug::lost_answer_taken_for_charge, "lost-answer-taken-for-charge",
     "a provider that does not answer is taken for one that charged"},
    {Bug::refund_key_per_call, "refund-key-per-call",
     "each attempt at a refund has a key of its own, and the provider refunds more than was charged"},
    {Bug::fresh_row_not_locked, "fresh-row-not-locked",
     "a request and its undo on two replicas both find no row to lock", true},
    {Bug::stock_not_locked, "stock-not-locked",
     "two replicas read the same stock and write it one after the other", true},
    {Bug::sweep_without_lock, "sweep-without-lock", "the sweep reads overdue orders without locking them",
     true},
    {Bug::key_looked_up_without_lock, "key-looked-up-without-lock",
     "two requests with one key both find that it is new", true},
    {Bug::relay_watermark, "relay-watermark",
     "the relay remembers the greatest id it sent and asks for greater ones only", true},
    {Bug::stale_lease_accepted, "stale-lease-accepted", "a worker that lost its lease can still report",
     true},
}};

inline constexpr std::array weaknesses{Bug::no_inbox, Bug::deducted_stock_released, Bug::charge_key_per_call};

}  // namespace simulation
