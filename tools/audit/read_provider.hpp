#pragma once

#include <cstdint>
#include <fstream>
#include <map>
#include <string>

#include "tools/audit/books.hpp"
#include "tools/audit/read_databases.hpp"

namespace shop::audit {

/// The provider's own log, line by line. Lines that are missing or no lines are told in `damage`; half a line
/// at the end is one that was being written. Throws std::runtime_error when the file cannot be opened.
ProviderLog read_provider_log(const std::string& path, Names& names);

struct ProviderTailLimits {
    std::int64_t bytes_max = 32 << 20;    // Of the log that was there before.
    std::size_t movements_max = 100'000;  // That are remembered, of the youngest orders.
};

/// The end of the provider's log, followed as it grows.
class ProviderTail {
  public:
    /// Throws std::runtime_error when the file cannot be opened.
    explicit ProviderTail(const std::string& path, ProviderTailLimits limits = {});

    /// Reads what was added since.
    void advance();

    /// Orders made from here on have all their movements remembered.
    Time complete_since() const { return complete_since_; }
    /// The movements of the orders of this span, and those without an order that were made in it.
    ProviderLog slice(const Span& span, Names& names) const;
    const std::vector<std::string>& damage() const { return damage_; }

  private:
    struct Kept {
        ProviderMove move;
        std::string currency;
    };
    void take(const std::string& line);

    const ProviderTailLimits limits_;
    std::ifstream file_;
    std::string rest_;  // Of a line whose end is not there yet.
    std::optional<std::int64_t> expected_;
    std::multimap<Uuid, Kept> moves_;  // By order id.
    std::vector<std::string> damage_;
    Time complete_since_ = Time::min();
};

}  // namespace shop::audit
