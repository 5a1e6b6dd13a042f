#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace platform::contract {

/// One rule that a document breaks. The pointer is a JSON pointer as a URI fragment ("#/lines/0/quantity"),
/// or the parameter's name when the input is a query string. The detail continues the sentence that the
/// member's name begins: "must be an integer from 1 to 99".
struct Violation {
    std::string pointer;
    std::string detail;

    bool operator==(const Violation&) const = default;
};

using Violations = std::vector<Violation>;

/// A body of the largest permitted size could break a rule every six bytes; the answer must not be many times
/// larger than the question. Past this number one closing entry says that there are more.
inline constexpr std::size_t violations_max = 100;

/// What to do with members that the type does not have. A request that carries one is refused, because a
/// misspelt optional member would otherwise be lost without a word; an event that carries one is newer than
/// its reader and is accepted.
enum class Unknown { refuse, ignore };

/// Where in a document a reader stands: a chain of frames on the stack, spelled out only when something is
/// wrong. A frame must not outlive its parent or the name.
class Where {
  public:
    Where() = default;
    Where(const Where& parent, std::string_view member) : parent_(&parent), member_(member) {}
    Where(const Where& parent, std::size_t index) : parent_(&parent), index_(index), is_index_(true) {}

    std::string pointer() const;

  private:
    const Where* parent_ = nullptr;
    std::string_view member_;
    std::size_t index_ = 0;
    bool is_index_ = false;
};

/// Collects what one reading finds wrong.
class Reading {
  public:
    explicit Reading(Unknown unknown) : unknown_(unknown) {}

    void refuse(const Where& where, std::string detail);
    Unknown unknown() const { return unknown_; }

    /// Counts those past the limit too, so that a caller can tell whether a part was read without fault.
    std::size_t refusals() const { return refusals_; }
    Violations take() { return std::move(violations_); }

  private:
    Violations violations_;
    std::size_t refusals_ = 0;
    Unknown unknown_;
};

/// All violations in one line, for logs and dead letters: "#/a is required; #/b must be a string".
std::string summary(const Violations& violations);

}  // namespace platform::contract
