#pragma once

#include <boost/describe/enum_to_string.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "tools/audit/books.hpp"

/// Compares the books with each other. Pure: plain values in, findings out.
namespace shop::audit {

/// How much of the books there is to compare.
enum class Part {
    all,
    /// What belongs to some orders, and the messages of the same time. Sums over everything cannot be made.
    slice,
    /// Only what is under way, and the sums over everything.
    open,
};

struct Scope {
    /// Absent: nothing is under way, so everything must agree. Given: the platform is running, and an order
    /// that anything happened to within this time is left out, because the snapshots of the databases are not
    /// of one moment.
    std::optional<std::chrono::seconds> grace;
    /// Outbox and inbox rows are dropped by the day after a retention of their own in each service; only rows
    /// younger than this are sure to be there on both sides.
    std::chrono::hours retained{23};
    Part part = Part::all;
    bool levels = true;  // Whether the sums of stock were read.
};

/// One disagreement.
struct Offender {
    std::string subject;  // What it is about: an order id, a SKU, a message, a queue.
    std::string detail;   // The figures that disagree.
    /// By how much: minor units of money, units of stock, or how many there are of it.
    std::int64_t wrong = 1;
    std::vector<std::string> rows{};  // Where to look: "order_db.orders id=...".
};

struct Check {
    std::string_view id;                // A1, A2, ...
    std::string_view statement;         // What must hold.
    std::string_view not_applicable{};  // Why it could not be made; empty when it was.
    std::size_t count = 0;
    std::vector<Offender> offenders{};   // The first of them, offenders_max at most.
    std::optional<Offender> worst{};     // The first of those with the largest amount wrong.
    std::vector<std::string> notices{};  // What a person should know although it is no imbalance.

    /// Keeps the first and the worst, and counts all.
    void found(Offender offender);
};

inline constexpr std::size_t offenders_max = 1'000;  // Per check; the count has no limit.

using Checks = std::vector<Check>;

/// All checks in order. Arranges the books.
Checks audit(Books& books, const Scope& scope);

/// What the checks know beside the books: how long ago is long enough, and which orders are left out.
struct Subject {
    const Books& books;
    std::optional<Time> settled_until;      // Absent: everything is settled.
    std::unordered_set<OrderId> unsettled;  // Something happened to them after that.
    Time retained_since;
    Part part = Part::all;
    bool levels = true;

    bool sums() const { return part != Part::slice; }
    bool single_orders() const { return part != Part::open; }
    bool settled(OrderId id) const { return !unsettled.contains(id); }
    bool settled(Time at) const { return !settled_until || at <= *settled_until; }
    std::string money(std::int64_t amount, Name currency) const;
    const std::string& text(Name name) const { return books.names.text(name); }
};

template <class Enum>
std::string word(Enum value) {
    return boost::describe::enum_to_string(value, "?");
}

/// Where a finding is to be looked at: the row of this order.
std::string row(std::string_view table, std::string_view column, std::string_view value);
std::string order_row(OrderId id);
std::string history_row(OrderId id);
std::string reservation_row(OrderId id);
std::string payment_row(OrderId id);
std::string ledger_row(OrderId id);
/// "order_db" for "order-service" and for "order.saga".
std::string database_of(std::string_view service_or_queue);

/// The distance of two figures, for Offender::wrong; at least one, because something is wrong.
std::int64_t distance(std::int64_t one, std::int64_t other);

// The groups that audit() is made of, each in a file of its own.
void check_orders(const Subject& subject, Checks& checks);    // A1, A10, A11, A12
void check_stock(const Subject& subject, Checks& checks);     // A2, A3, A7
void check_money(const Subject& subject, Checks& checks);     // A4, A5, A6
void check_bounds(const Subject& subject, Checks& checks);    // A14, A15
void check_messages(const Subject& subject, Checks& checks);  // A8, A9, A16
void check_clients(const Subject& subject, Checks& checks);   // A13, A18
void check_cache(const Subject& subject, Checks& checks);     // A17

}  // namespace shop::audit
