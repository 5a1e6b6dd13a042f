#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "platform/base/time.hpp"
#include "shared/app/schemas/ids.hpp"

namespace simulation {

/// What happened in a world: always as a hash, which two runs of one seed must share, and as readable lines
/// for whoever asked for the story.
class Trace {
  public:
    explicit Trace(bool with_story) : with_story_(with_story) {}

    /// The characters of `what` go into the hash, its address does not.
    void add(platform::Time now, std::string_view what, std::uint64_t number = 0) {
        for (const char c : what) mix(static_cast<unsigned char>(c));
        mix(static_cast<std::uint64_t>(now.time_since_epoch().count()));
        mix(number);
    }
    bool with_story() const { return with_story_; }
    /// One line; only called when there is a story. `order` is what it is about, if one order alone.
    void tell(platform::Time now, const std::string& line) {
        const auto milliseconds = now.time_since_epoch() / std::chrono::milliseconds{1};
        story_ += std::to_string(milliseconds) + " ms  " + line + "\n";
    }
    std::uint64_t hash() const { return hash_; }
    std::string story() && { return std::move(story_); }

  private:
    void mix(std::uint64_t value) { hash_ = (hash_ ^ value) * 0x100000001b3; }

    bool with_story_;
    std::uint64_t hash_ = 0xcbf29ce484222325;
    std::string story_;
};

/// The last digits of an order's id, as stories name it.
inline std::string name_of(const shop::OrderId& id) { return "#" + id.text().substr(32); }

}  // namespace simulation
