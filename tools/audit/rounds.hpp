#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "tools/audit/command_line.hpp"
#include "tools/audit/read_provider.hpp"
#include "tools/audit/report.hpp"
#include "tools/audit/standing.hpp"

namespace shop::audit {

struct RoundLimits {
    std::chrono::seconds grace{100};  // See Scope.
    std::int64_t slice_orders = 1'000;
    std::chrono::milliseconds statement_timeout{10'000};
    /// No further slice is begun in a round after this.
    std::chrono::milliseconds round{250};
    /// At most this part of the time goes into the sums over all movements of stock.
    double sums_share = 0.02;
    std::size_t cached_products = 50;
};

/// The comparison of a shop that is in use, in small steps whose cost does not grow with its history. Each
/// round looks at
///   - what is under way too long, the queues, a sample of the cache, and from time to time the sums of
///   stock;
///   - the orders and messages that have become older than the grace since the round before, in slices;
///   - one slice of those before them, from the first order of all on and then anew;
///   - the slice of one earlier finding, to see whether it still stands.
/// Blocks. Single-threaded.
class Rounds {
  public:
    Rounds(Sources sources, RoundLimits limits);

    /// One round. Throws when the databases cannot be compared; the next round connects anew. `stop` is asked
    /// between two slices.
    void make(const std::function<bool()>& stop);

    /// What stands. The report's extent counts what was looked at since the start.
    Checks checks() const { return standing_.checks(); }
    const Extent& extent() const { return extent_; }
    /// How far the comparison is behind the newest orders that are old enough for it.
    std::chrono::milliseconds behind() const { return behind_; }
    std::int64_t full_passes() const { return full_passes_; }
    /// Why a source beside the databases could not be asked in the last round, by its name; empty: it could.
    const std::map<std::string, std::string>& sources() const { return failures_; }

  private:
    void ask_others(Books& books);
    void attempt(const std::string& source, const std::function<void()>& ask);
    void compare_open(Books books);
    void compare_slice(const Span& span);
    Span slice_from(Time from, Time until);
    void follow(Time settled, const std::function<bool()>& stop);
    void sweep();

    const Sources source_;
    const RoundLimits limits_;
    std::optional<Databases> databases_;
    std::optional<ProviderTail> provider_;
    Standing standing_;
    Extent extent_;
    std::map<std::string, std::string> failures_;
    std::optional<Time> followed_until_;  // All orders before it were looked at once.
    std::optional<Time> swept_until_;     // Absent: the next pass begins.
    std::int64_t full_passes_ = 0;
    std::chrono::milliseconds behind_{0};
    std::chrono::steady_clock::time_point began_, sums_due_;
};

}  // namespace shop::audit
