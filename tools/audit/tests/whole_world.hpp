#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <string_view>

#include "platform/messaging/tests/virtual_host.hpp"
#include "tools/audit/audit.hpp"
#include "tools/audit/tests/world.hpp"

namespace shop::audit {

/// World with all that the auditor looks at beside it: a virtual host of the test's broker with the shop's
/// queues, and a database of the test's Redis with a copy of the product.
class WholeWorld {
  public:
    explicit WholeWorld(int orders);

    /// Puts everything back as it was made.
    void fill();
    Checks audited();

    World world;

    /// Leaves a message in a queue and waits until the broker has counted it.
    void leave_message(const std::string& queue);
    void delete_queue(const std::string& queue);
    /// Keeps this text as the copy of the product with this id.
    void cache(const std::string& product, const std::string& text);
    /// What product-service keeps of the product of World.
    std::string product_copy() const;
    std::string broker_url() const;
    const std::string& redis_url() const { return redis_; }

  private:
    void make_queues();
    void ask_redis(std::initializer_list<std::string_view> words);

    std::unique_ptr<platform::messaging::VirtualHost> host_;
    std::string redis_;
    bool broker_touched_ = false, message_left_ = false;
};

/// One thing made wrong in books that agree.
struct Corruption {
    const char* name;
    const char* seen_by;  // The checks that must see it; all others must see nothing.
    std::function<void(WholeWorld&)> make;
    const char* why = "";  // Where several must: what they see of it.
};

std::span<const Corruption> corruptions();
inline void PrintTo(const Corruption& corruption, std::ostream* out) { *out << corruption.name; }

/// Replaces the first occurrence in a file, which must be there.
void edit(const std::filesystem::path& file, std::string_view from, std::string_view to);

}  // namespace shop::audit
