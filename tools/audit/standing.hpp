#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "tools/audit/audit.hpp"
#include "tools/audit/read_databases.hpp"

namespace shop::audit {

/// What a running auditor knows to be wrong. It looks at one slice of the books after the other, so what it
/// found stands until it has looked there again.
class Standing {
  public:
    /// What was found in a slice takes the place of all that stood about orders and messages of that time.
    void replace(const Span& span, const Checks& checks);

    /// What was found in what is under way and in the sums. A check that could not be made leaves what stood.
    /// A queue must be found wrong twice in a row: the broker's figures are some seconds old, and queues are
    /// declared while it starts.
    void replace_open(Checks checks);

    /// All checks in order, with everything that stands.
    Checks checks() const;

    /// The time of a finding of some slice, another one each time; nothing when there is none.
    std::optional<Time> revisit();

  private:
    std::map<std::string, std::multimap<Time, Offender>, std::less<>> sliced_;  // By check.
    std::map<std::string, Check, std::less<>> open_;
    std::map<std::string, std::set<std::string>, std::less<>> seen_once_;  // Subjects, by check.
    Time revisited_ = Time::min();
};

}  // namespace shop::audit
