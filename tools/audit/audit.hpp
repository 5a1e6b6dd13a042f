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

struct Scope {
    /// Absent: nothing is under way, so everything must agree. Given: the platform is running, and an order
    /// that anything happened to within this time is left out, because the snapshots of the databases are not
    /// of one moment.
    std::optional<std::chrono::seconds> grace;
    /// Outbox and inbox rows are dropped by the day after a retention of their own in each service; only rows
    /// younger than this are sure to be there on both sides.
    std::chrono::hours retained{23};
};

/// One disagreement: what it is about (an order id, a SKU, a queue) and the figures that disagree.
struct Offender {
    std::string subject;
    std::string detail;
};

struct Check {
    std::string_view id;                // A1, A2, ...
    std::string_view statement;         // What must hold.
    std::string_view not_applicable{};  // Why it could not be made; empty when it was.
    std::size_t count = 0;
    std::vector<Offender> offenders{};   // The first of them.
    std::vector<std::string> notices{};  // What a person should know although it is no imbalance.

    /// Keeps the first few and counts all.
    void found(std::string subject, std::string detail);
};

inline constexpr std::size_t offenders_max = 20;  // Per check.

using Checks = std::vector<Check>;

/// All checks in order. Arranges the books.
Checks audit(Books& books, const Scope& scope);

/// What the checks know beside the books: how long ago is long enough, and which orders are left out.
struct Subject {
    const Books& books;
    std::optional<Time> settled_until;      // Absent: everything is settled.
    std::unordered_set<OrderId> unsettled;  // Something happened to them after that.
    Time retained_since;

    bool settled(OrderId id) const { return !unsettled.contains(id); }
    bool settled(Time at) const { return !settled_until || at <= *settled_until; }
    std::string money(std::int64_t amount, Name currency) const;
    const std::string& text(Name name) const { return books.names.text(name); }
};

template <class Enum>
std::string word(Enum value) {
    return boost::describe::enum_to_string(value, "?");
}

// The groups that audit() is made of, each in a file of its own.
void check_orders(const Subject& subject, Checks& checks);    // A1, A10, A11, A12
void check_stock(const Subject& subject, Checks& checks);     // A2, A3, A7
void check_money(const Subject& subject, Checks& checks);     // A4, A5, A6
void check_bounds(const Subject& subject, Checks& checks);    // A14, A15
void check_messages(const Subject& subject, Checks& checks);  // A8, A9, A16

}  // namespace shop::audit
